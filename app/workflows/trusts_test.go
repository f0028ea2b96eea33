package workflows_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/workflow"
)

func TestTrusts(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	id := h.Publish("Post", `{trigger: {kind: manual}, steps: [{id: p, kind: http_request, name: Tell them, config: {method: POST, url: "http://127.0.0.1:1/x"}}]}`)
	at := "/workflows/" + id.String() + "/trusts"
	has(t, h.Owner.Get(at), 200, "Every step asks")
	run := h.Run(id, nil)
	detail, err := h.Services.Workflows.Run(t.Context(), h.Actor, run)
	must(t, err)
	must(t, h.Services.Workflows.Decide(t.Context(), h.Actor, run, "p", workflow.Decision{Hash: detail.Waits[0].Hash, Yes: true, Always: true}))
	page := h.Owner.Get(at)
	has(t, page, 200, "Tell them", "POST http://127.0.0.1:1", "Ask again")
	form := regexp.MustCompile(`action="(` + at + `/[^"]+)"`).FindStringSubmatch(page.Body)
	if form == nil {
		t.Fatal("nothing ends it")
	}
	if viewer := h.Member(account.RoleViewer); strings.Contains(viewer.Get(at).Body, "Ask again") || viewer.Post(form[1]).Status != 403 {
		t.Error("a viewer may end it")
	}
	has(t, h.Stranger.Post(form[1]), 404)
	if answer := h.Owner.Post(form[1]); answer.Status != 303 || answer.Location() != at {
		t.Error(answer.Status, answer.Location())
	}
	has(t, h.Owner.Get(at), 200, "Every step asks")
	has(t, h.Owner.Post(form[1]), 404)
	again := h.Run(id, nil)
	must(t, h.Services.DB.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		var open int
		err := tx.QueryRow(ctx, `SELECT count(*) FROM run_waits WHERE run_id = $1 AND state = 'open' AND kind = 'approval'`, again).Scan(&open)
		if open != 1 {
			t.Error("it does not ask again")
		}
		return err
	}))
}
