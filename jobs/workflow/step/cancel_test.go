package step_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

func (h *house) cancel(run uuid.UUID) {
	h.t.Helper()
	h.system(func(ctx context.Context, tx pgx.Tx) error { return h.engine.Cancel(ctx, tx, run) })
	h.drain()
}

func (h *house) cancelStep(run uuid.UUID, key string) error {
	h.t.Helper()
	err := h.DB.AsSystem(h.t.Context(), func(ctx context.Context, tx pgx.Tx) error { return h.engine.CancelStep(ctx, tx, run, key, "Olive") })
	h.drain()
	return err
}

func TestCancel(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, plan, _ := h.folder("papers")
	queued := func() (id uuid.UUID) {
		t.Helper()
		h.Row(`SELECT id FROM tasks WHERE kind = 'backup' AND state = 'queued'`).To(&id)
		return id
	}
	inner, _ := h.publish("  - {id: b, kind: backup, config: {plan: %s}}", plan)
	middle, _ := h.publish("  - {id: r, kind: run_workflow, config: {workflow: %s}}", inner)

	t.Run("a run takes along all that it waits for", func(t *testing.T) {
		run := h.run("  - {id: r, kind: run_workflow, config: {workflow: %s}}", middle)
		backup := queued()
		h.cancel(run)
		var left int
		h.Row(`SELECT count(*) FROM runs WHERE state <> 'canceled'`).To(&left)
		if got := h.Task(backup).State; left != 0 || got != task.Canceled {
			t.Errorf("%d runs are left, the backup is %s", left, got)
		}
		var inFlight, held int
		h.Row(`SELECT in_flight, held FROM run_lanes`).To(&inFlight, &held)
		if inFlight != 0 || held != 0 {
			t.Errorf("the lane holds %d, %d", inFlight, held)
		}
	})
	t.Run("but not what goes on by itself", func(t *testing.T) {
		run := h.run("  - {id: r, kind: run_workflow, config: {workflow: %s, wait: false}}\n  - {id: d, kind: delay, config: {seconds: 60}}", inner)
		backup := queued()
		h.cancel(run)
		if got := h.Task(backup).State; got != task.Queued {
			t.Errorf("the backup of another run is %s", got)
		}
		h.perform("backup", h.Backups.Perform)
	})
	t.Run("a step, and the run goes on as the flow says", func(t *testing.T) {
		run := h.run("  - {id: b, kind: backup, config: {plan: %s}, on_error: continue}\n  - {id: l, kind: log, config: {message: \"${steps.b.error.key}\"}}", plan)
		backup := queued()
		if err := h.cancelStep(run, "b"); err != nil {
			t.Fatal(err)
		}
		if got := h.ends(run)["l"]["message"]; got != "workflow.fail.step_canceled" || h.Task(backup).State != task.Canceled {
			t.Errorf("%v, the backup is %s", got, h.Task(backup).State)
		}
	})
	t.Run("a delay", func(t *testing.T) {
		run := h.run("  - {id: d, kind: delay, config: {seconds: 60}}")
		if err := h.cancelStep(run, "d"); err != nil {
			t.Fatal(err)
		}
		h.fails(run, "workflow.fail.step_canceled")
	})
	t.Run("not what a person is asked, nor what is over", func(t *testing.T) {
		run := h.run("  - {id: a, kind: wait_for_approval, config: {message: ok}, branches: [{name: yes, steps: []}, {name: no, steps: []}]}")
		if err := h.cancelStep(run, "a"); !fail.Is(err, fail.Conflict) {
			t.Errorf("%v", err)
		}
		h.decide(run, "a", true)
		if err := h.cancelStep(run, "a"); !fail.Is(err, fail.Conflict) || h.see(run).State != engine.Succeeded {
			t.Errorf("%v", err)
		}
	})
}

func TestUndoPoint(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	source, _, first := h.folder("papers")
	address, seen := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	post := "  - {id: p, kind: http_request, undo_point: %s, config: {method: POST, url: %s}}"

	t.Run("is taken once the step is allowed, and held", func(t *testing.T) {
		run := h.run(post, source, address)
		h.waits(run, step.WaitApproval)
		var begun int
		h.Row(`SELECT count(*) FROM tasks WHERE kind = 'backup' AND state = 'queued'`).To(&begun)
		h.decide(run, "p", true)
		if begun != 0 || len(seen.requests) != 0 {
			t.Fatalf("%d backups before the word, %d requests before the copy", begun, len(seen.requests))
		}
		h.waits(run, step.WaitTask)
		h.perform("backup", h.Backups.Perform)
		point := h.ends(run)["p~undo"]
		var held int
		h.Row(`SELECT count(*) FROM holds WHERE snapshot_id = $1 AND released_at IS NULL AND until IS NOT NULL`, point["snapshot"]).To(&held)
		if held != 1 || point["snapshot"] == first.String() || len(seen.requests) != 1 {
			t.Errorf("%v: %d holds, %d requests", point, held, len(seen.requests))
		}
	})
	t.Run("without it the step is not done", func(t *testing.T) {
		before := len(seen.requests)
		run := h.run(post, uuid.New(), address)
		h.decide(run, "p", true)
		got := h.fails(run, "workflow.fail.no_undo_point")
		if got.Args["why_key"] != "backup.fail.no_plan" || len(seen.requests) != before {
			t.Errorf("%v, %d requests", got.Args, len(seen.requests)-before)
		}
	})
	t.Run("what harms nothing has none", func(t *testing.T) {
		before := len(seen.requests)
		run := h.run("  - {id: p, kind: http_request, undo_point: %s, config: {method: GET, url: %s}}", source, address)
		if h.ends(run); len(seen.requests) != before+1 {
			t.Error("nothing was asked")
		}
	})
	t.Run("nor what never asks", func(t *testing.T) {
		_, problems := h.engine.Compiler().Compile(flow.Definition{Steps: []flow.Step{{ID: "l", Kind: "log", Undo: source.String(), Config: map[string]any{"message": "x"}}}})
		if len(problems) != 1 || problems[0].Field != "undo_point" || problems[0].Key != "workflow.fail.no_undo" {
			t.Errorf("%+v", problems)
		}
	})
}
