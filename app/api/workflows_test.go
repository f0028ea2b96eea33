package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"levqor/app/apptest"
)

// settled waits until the run at that address waits or is over.
func settled(c client, at string) object {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		run, _ := c.do(200, "GET", at, nil)
		if state := run.text("state"); state != "queued" && state != "running" && state != "held" {
			return run
		}
		select {
		case <-ctx.Done():
			c.t.Fatalf("%v", run)
		case <-tick.C:
		}
	}
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work()
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"got": "` + r.Header.Get("Idempotency-Key")[:4] + `"}`))
	}))
	defer outside.Close()
	c := newClient(t, h, h.Token("manage", "operate"))
	made, at := c.do(201, "POST", "/api/v1/workflows", object{"name": "Tell them", "definition": object{"steps": []object{
		{"id": "ask", "kind": "http_request", "config": object{"method": "POST", "url": "${trigger.nothing"}},
	}}})
	if made["live_version"] != nil || made.text("trigger") != "manual" {
		t.Fatalf("%v", made)
	}
	t.Run("what can't run is not published", func(t *testing.T) {
		draft, _ := c.do(200, "GET", at+"/draft", nil)
		if draft.text("problems.0.field") != "steps.ask.url" || draft.text("problems.0.code") != "expr.fail.unclosed.text" {
			t.Errorf("%v", draft)
		}
		p := problemOf(t, c.ask("POST", at+"/versions", object{}))
		if p.Status != 422 || p.Code != "workflow.fail.problems" || len(p.Fields) != 1 || p.Fields[0].Field != "steps.ask.url" {
			t.Errorf("%+v", p)
		}
		if p := problemOf(t, c.ask("POST", at+"/runs", object{})); p.Status != 409 || p.Code != "workflow.fail.not_live" {
			t.Errorf("%+v", p)
		}
		for _, definition := range []any{"text", 7, object{"steps": "x"}, object{"nobody": "knows"}} {
			if p := problemOf(t, c.ask("PUT", at+"/draft", object{"definition": definition})); p.Status != 422 {
				t.Errorf("%v: %+v", definition, p)
			}
		}
	})
	c.do(200, "PUT", at+"/draft", object{"definition": object{"trigger": object{"kind": "manual"}, "steps": []object{
		{"id": "ask", "kind": "http_request", "config": object{"method": "POST", "url": outside.URL, "body": "${trigger.who}"}},
		{"id": "say", "kind": "log", "config": object{"message": "${steps.ask.body.got.size() == 4}"}},
	}}})
	t.Run("a draft that somebody changed meanwhile is not overwritten", func(t *testing.T) {
		req := httptest.NewRequest(http.MethodPut, at+"/draft", strings.NewReader(`{"definition":{"trigger":{"kind":"manual"},"steps":[]}}`))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("If-Match", `"1"`)
		if p := problemOf(t, h.Do(req)); p.Status != 412 {
			t.Errorf("%+v", p)
		}
	})
	version, _ := c.do(201, "POST", at+"/versions", object{"note": "first"})
	if version.number("number") != 1 {
		t.Fatalf("%v", version)
	}
	_, run := c.do(202, "POST", at+"/runs", object{"input": object{"who": "ada"}})
	t.Run("what reaches outside waits for a person", func(t *testing.T) {
		found := settled(c, run)
		if found.text("state") != "waiting" || found.text("waits.0.kind") != "approval" || found.at("waits.0.input.body") != "ada" {
			t.Fatalf("%v", found)
		}
		open, _ := c.do(200, "GET", "/api/v1/approvals", nil)
		hash := open.text("items.0.hash")
		if hash == "" || hash != found.text("waits.0.hash") {
			t.Fatalf("%v", open)
		}
		for body, want := range map[*object]int{
			{"key": "ask", "hash": "another", "yes": true}: 409, {"key": "ask", "hash": hash}: 422,
			{"key": "ask", "hash": hash, "yes": true, "always": true}: 403, {"key": "none", "hash": hash, "yes": true}: 409,
		} {
			if got := c.ask("POST", run+"/decisions", *body); got.Status != want {
				t.Errorf("%v: %d %s", *body, got.Status, got.Body)
			}
		}
		c.do(200, "POST", run+"/decisions", object{"key": "ask", "hash": hash, "yes": true})
		found = settled(c, run)
		if found.text("state") != "succeeded" || found.text("steps.1.output.message") != "true" {
			t.Errorf("%v", found)
		}
	})
	t.Run("a run that is over can be run again, not taken up or canceled", func(t *testing.T) {
		for _, verb := range []string{"/cancellations", "/retries"} {
			if got := c.ask("POST", run+verb, nil); got.Status != 409 {
				t.Errorf("%s: %d", verb, got.Status)
			}
		}
		_, again := c.do(202, "POST", run+"/replays", object{})
		if found := settled(c, again); found.at("waits.0.input.body") != "ada" {
			t.Errorf("%v", found)
		}
		c.do(200, "POST", again+"/cancellations", nil)
		if found := settled(c, again); found.text("state") != "canceled" {
			t.Errorf("%v", found)
		}
	})
	t.Run("an edit is taken back, and done again", func(t *testing.T) {
		c.do(200, "PUT", at+"/draft", object{"definition": object{"trigger": object{"kind": "manual"}, "steps": []object{}}})
		draft, _ := c.do(200, "POST", at+"/draft-undos", nil)
		if draft.text("definition.steps.0.id") != "ask" {
			t.Errorf("%v", draft)
		}
		draft, _ = c.do(200, "POST", at+"/draft-redos", nil)
		if draft.at("definition.steps.0") != nil {
			t.Errorf("%v", draft)
		}
		draft, _ = c.do(200, "POST", at+"/versions/1/restorations", nil)
		if draft.text("definition.steps.0.id") != "ask" {
			t.Errorf("%v", draft)
		}
	})
}
