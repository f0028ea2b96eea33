package step_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db/dbtest"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/step"
)

func TestRunWorkflow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	child := func(parent uuid.UUID) (id uuid.UUID) {
		t.Helper()
		h.Row(`SELECT id FROM runs WHERE parent_id = $1`, parent).To(&id)
		return id
	}
	sleeper, _ := h.publish("  - {id: d, kind: delay, config: {seconds: 60}}\n  - {id: l, kind: log, config: {message: \"got ${trigger.n}\"}}")
	t.Run("waits for the other's end", func(t *testing.T) {
		run := h.run("  - {id: r, kind: run_workflow, config: {workflow: %s, input: {n: 3}}}", sleeper)
		h.waits(run, step.WaitRun)
		h.pass(2 * time.Minute)
		got, below := h.ends(run)["r"], child(run)
		if got["run"] != below.String() || got["state"] != "succeeded" || h.ends(below)["l"]["message"] != "got 3" {
			t.Errorf("%v", got)
		}
	})
	t.Run("or goes on at once", func(t *testing.T) {
		run := h.run("  - {id: r, kind: run_workflow, config: {workflow: %s, input: {n: 3}, wait: false}}", sleeper)
		h.ends(run)
		h.pass(2 * time.Minute)
		h.ends(child(run))
	})
	t.Run("fails with the other", func(t *testing.T) {
		bad, _ := h.publish("  - {id: s, kind: stop, config: {as: failed, message: enough}}")
		got := h.fails(h.run("  - {id: r, kind: run_workflow, config: {workflow: %s}}", bad), "step.run_workflow.fail.failed")
		if got.Args["why_key"] != "workflow.fail.stopped" {
			t.Errorf("%v", got.Args)
		}
		run := h.run("  - {id: r, kind: run_workflow, config: {workflow: %s, input: {n: 1}}}", sleeper)
		h.system(func(ctx context.Context, tx pgx.Tx) error { return h.engine.Cancel(ctx, tx, child(run)) })
		h.drain()
		h.fails(run, "step.run_workflow.fail.canceled")
	})
	t.Run("one that can't be run", func(t *testing.T) {
		h.fails(h.run("  - {id: r, kind: run_workflow, config: {workflow: %s}}", uuid.New()), "step.run_workflow.fail.gone")
		draft, _ := h.publish("  - {id: l, kind: log, config: {message: x}}")
		h.Exec(`UPDATE workflows SET live_version_id = NULL WHERE id = $1`, draft)
		h.fails(h.run("  - {id: r, kind: run_workflow, config: {workflow: %s}}", draft), "step.run_workflow.fail.unpublished")
		mine := h.Actor
		h.Actor = dbtest.Workspace(t, h.DB)
		h.fails(h.run("  - {id: r, kind: run_workflow, config: {workflow: %s}}", sleeper), "step.run_workflow.fail.gone")
		h.Actor = mine
	})
	t.Run("itself, but not for ever", func(t *testing.T) {
		workflow, version := h.publish("  - {id: r, kind: run_workflow, config: {workflow: \"${run.workflow}\"}}")
		run := h.start(workflow, version, nil)
		if got := h.see(run); got.State != engine.Failed {
			t.Fatalf("%+v", got)
		}
		var runs, deepest int
		h.Row(`SELECT count(*), max(depth) FROM runs WHERE workflow_id = $1`, workflow).To(&runs, &deepest)
		if runs != 1+step.MaxRunDepth || deepest != step.MaxRunDepth {
			t.Errorf("%d runs, %d deep", runs, deepest)
		}
	})
}
