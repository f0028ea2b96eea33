package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/queue"
	"levqor/jobs/workflow/engine"
)

// states counts the runs by state and gate.
func (b *bundle) states() map[string]int {
	b.t.Helper()
	found := map[string]int{}
	b.system(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT trim(state || ' ' || gate), count(*) FROM runs GROUP BY 1`)
		if err != nil {
			return err
		}
		var name string
		var n int
		_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
			found[name] = n
			return nil
		})
		return err
	})
	return found
}

func TestAFullLaneHoldsRuns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	workflow, version := b.publish(def(t, "trigger: {kind: manual}\nsteps: [{id: a, kind: effect, config: {name: '${trigger}'}}]"))
	for n := range 120 {
		b.startOf(workflow, version, n)
	}
	if got := b.states(); got["running"] != 50 || got["held lane"] != 70 {
		t.Fatalf("%v", got)
	}
	b.drain()
	want := make([]string, 120)
	for n := range want {
		want[n] = fmt.Sprint(n)
	}
	if !slices.Equal(b.world.arrived, want) {
		t.Errorf("not in the order of their starts: %v", b.world.arrived)
	}
	if in, held := b.lane(); in != 0 || held != 0 {
		t.Errorf("the lane holds %d, %d", in, held)
	}
}

// queues counts the jobs of runs by queue.
func (b *bundle) queues() map[string]int {
	b.t.Helper()
	found := map[string]int{}
	b.system(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT queue, count(*) FROM river_job WHERE kind = 'run' AND state = 'available' GROUP BY 1`)
		if err != nil {
			return err
		}
		var name string
		var n int
		_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
			found[name] = n
			return nil
		})
		return err
	})
	return found
}

func TestABusyWorkspaceLeavesSlotsToOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	workflow, version := b.publish(def(t, "trigger: {kind: manual}\nsteps: [{id: a, kind: effect, config: {name: '${trigger}'}}]"))
	for n := range 60 {
		b.startOf(workflow, version, n)
	}
	got := b.queues()
	if got[queue.Steps] >= queue.AllQueues()[queue.Steps] || got[queue.Steps]+got[queue.Bulk] != 50 {
		t.Fatalf("%v: one workspace takes every slot for steps", got)
	}
	b.drain()
	b.startOf(workflow, version, 60)
	if got := b.queues(); got[queue.Steps] != 1 || got[queue.Bulk] != 0 {
		t.Errorf("%v: a workspace at rest goes at once", got)
	}
}

func TestAWorkflowsGate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	workflow, version := b.publish(def(t, `
trigger: {kind: manual}
settings: {max_runs: 2}
steps: [{id: a, kind: effect, config: {name: "in ${trigger}"}}, {id: d, kind: delay, config: {seconds: 60}}, {id: z, kind: effect, config: {name: "out ${trigger}"}}]`))
	other := b.start(def(t, "trigger: {kind: manual}\nsteps: [{id: a, kind: effect, config: {name: other}}]"), nil)
	var runs []uuid.UUID
	for n := range 5 {
		runs = append(runs, b.startOf(workflow, version, n))
	}
	b.drain()
	if got := b.states(); got["waiting"] != 2 || got["held workflow"] != 3 || b.see(other).State != engine.Succeeded {
		t.Fatalf("%v: two sleep and keep the others out, another workflow does not care", got)
	}
	b.system(func(ctx context.Context, tx pgx.Tx) error { return b.engine.Cancel(ctx, tx, runs[0]) })
	b.drain()
	if got := b.states(); got["waiting"] != 2 || got["held workflow"] != 2 || got["canceled"] != 1 {
		t.Fatalf("%v: a canceled run makes room", got)
	}
	for range 4 {
		b.pass(61 * time.Second)
	}
	if got := b.states(); got["succeeded"] != 5 || got["canceled"] != 1 {
		t.Fatalf("%v", got)
	}
}

func TestTheSameStartTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	workflow, version := b.publish(def(t, "trigger: {kind: manual}\nsteps: [{id: a, kind: effect, config: {name: a}}]"))
	start := func() engine.Started {
		started, err := b.engine.Start(t.Context(), engine.New{Workspace: b.owner.Workspace, Workflow: workflow, Version: version, Cause: engine.CauseWebhook, Dedup: "x"})
		if err != nil {
			t.Fatal(err)
		}
		return started
	}
	first, second := start(), start()
	b.drain()
	if first.ID != second.ID || !second.Before || len(b.world.arrived) != 1 {
		t.Fatalf("%+v, %+v, %v", first, second, b.world.arrived)
	}
}

func TestARunPastItsDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(def(t, "trigger: {kind: manual}\nsteps: [{id: d, kind: delay, config: {seconds: 20000000}}]"), nil)
	b.drain()
	b.pass(31 * 24 * time.Hour)
	if got := b.see(run); got.State != engine.Failed || got.Failure != "workflow.fail.deadline" {
		t.Fatalf("%+v", got)
	}
}
