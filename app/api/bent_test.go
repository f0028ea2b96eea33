package api_test

import (
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"levqor/app/apptest"
)

// bentRequests is how many are made for each operation.
const bentRequests = 60

// TestBentRequests sends each operation what fits its schema and what does not:
// nothing is our fault, nothing is half told, nothing breaks.
func TestBentRequests(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	made := h.Things()
	g := generator{rand.New(rand.NewPCG(7, 11)), documentOf(t, h), map[string]uuid.UUID{
		"backups": made.Backup, "drills": made.Drill, "holds": made.Hold, "plans": made.Plan, "restores": made.Restore, "snapshots": made.Snapshot,
		"source-tests": made.SourceTest, "sources": made.Source, "tasks": made.VaultSetup, "vaults": made.Vault,
		"credentials": made.Credential, "runs": made.Run, "workflows": made.Workflow,
	}, append(texts, h.Root, h.Root+"/new")}
	tokens := []string{h.Token("admin"), h.Token("admin"), h.Token("admin"), h.Token("read"), h.TokenOf(h.Other, "admin")}
	handle := h.App.Handler()
	wire, far := net.Pipe() // nothing is sent through it, but it is asked for deadlines
	t.Cleanup(func() { _, _ = wire.Close(), far.Close() })
	counts := map[int]int{}
	operations := g.doc.operations()
	slices.SortStableFunc(operations, func(a, b operation) int { return deletes(a) - deletes(b) })
	for _, op := range operations {
		for range bentRequests {
			var ctx fasthttp.RequestCtx
			ctx.Init2(wire, nil, false)
			g.fill(&ctx.Request, op, tokens[g.IntN(len(tokens))])
			sent := ctx.Request.String()
			handle(&ctx)
			status := ctx.Response.StatusCode()
			counts[status]++
			judge(t, op, sent, &ctx.Response)
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("answers by status: %v", counts)
	if counts[200]+counts[201]+counts[202] < 200 || counts[422] < 200 || counts[404] < 200 {
		t.Errorf("the requests are not of every sort: %v", counts)
	}
}

// deletes sorts operations: what removes things comes last, the others need them.
func deletes(op operation) int {
	if op.method == http.MethodDelete {
		return 1
	}
	return 0
}

func (g generator) fill(req *fasthttp.Request, op operation, token string) {
	req.Header.SetMethod(op.method)
	req.SetRequestURI(g.target(op))
	req.Header.SetHost("levqor.test")
	req.Header.Set("Authorization", "Bearer "+token)
	if body := g.body(op); body != nil {
		req.Header.SetContentType("application/json")
		if g.IntN(20) == 0 {
			req.Header.SetContentType(g.text())
		}
		req.SetBody(body)
	}
	if g.IntN(6) == 0 {
		req.Header.Set("If-Match", g.text())
	}
	if g.IntN(4) == 0 {
		req.Header.Set("Idempotency-Key", g.text())
	}
	if g.IntN(10) == 0 {
		req.Header.Set("Accept", g.text())
		req.Header.Set("Range", g.text())
	}
}

func judge(t *testing.T, op operation, sent string, res *fasthttp.Response) {
	t.Helper()
	status := res.StatusCode()
	answer := apptest.Answer{Status: status, Header: http.Header{}, Body: string(res.Body())}
	for name, value := range res.Header.All() {
		answer.Header.Add(string(name), string(value))
	}
	switch {
	case status >= 500 || status < 200:
		t.Errorf("%s %s: %d\n%.2000s\n%.2000s", op.method, op.path, status, sent, answer.Body)
	case status >= 400:
		if p := problemOf(t, answer); t.Failed() {
			t.Errorf("%s %s: %+v\n%.2000s", op.method, op.path, p, sent)
		}
	case status >= 300:
		t.Errorf("%s %s: %d\n%.1000s", op.method, op.path, status, sent)
	}
	if strings.Contains(answer.Body, "levqor/jobs") || strings.Contains(answer.Body, "SQLSTATE") || strings.Contains(answer.Body, "json: ") {
		t.Errorf("%s %s tells of our inside: %.1000s", op.method, op.path, answer.Body)
	}
}
