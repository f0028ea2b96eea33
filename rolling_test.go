package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/workflow/flow"
)

// TestRollingRestarts is R3 in short: workers are replaced one after the other, as a
// new release does it, while runs come in and schedules are due. No job fails or is
// tried again, no effect is delivered twice, no schedule is missed.
func TestRollingRestarts(t *testing.T) {
	rounds := drilltest.Rounds(3, 20)
	to := newTown(t)
	web := to.start("web")
	workers := []*process{to.start("worker"), to.start("worker")}
	to.until("the web process accepts calls", time.Minute, func() bool {
		status, err := to.call("first")
		return err == nil && status == http.StatusAccepted
	})
	due := to.schedules(10 * rounds)
	load := to.load(6)
	for n := range rounds {
		fresh := to.start("worker")
		time.Sleep(time.Second)
		workers[n%2].stop()
		workers[n%2] = fresh
	}
	load.stop()
	to.until("every run is over, every schedule had its run", time.Minute, func() bool {
		return to.count(`SELECT count(*)::int FROM runs WHERE finished_at IS NULL`) == 0 &&
			to.count(`SELECT count(*)::int FROM runs WHERE cause = 'schedule'`) >= due
	})

	runs, arrived := to.count(`SELECT count(*)::int FROM runs WHERE cause = 'webhook' AND state = 'succeeded'`), 0
	arrived, again := to.outside.seen()
	t.Logf("%d runs, %d schedules, %d restarts: %d effects, %d delivered again", runs, due, rounds, arrived, again)
	if arrived != 3*runs || again != 0 {
		t.Errorf("%d effects of %d runs arrived, %d of them again", arrived, runs, again)
	}
	if n := to.count(`SELECT count(*)::int FROM runs WHERE cause = 'schedule'`); n != due {
		t.Errorf("%d runs of %d schedules", n, due)
	}
	if n := to.count(`SELECT count(*)::int FROM river_job WHERE kind = 'run' AND (attempt > 1 OR state NOT IN ('completed', 'available', 'running') OR cardinality(errors) > 0)`); n != 0 {
		t.Errorf("%d jobs failed or were tried again", n)
	}
	if refused := load.refused.Load(); refused > 0 {
		t.Errorf("%d calls were refused", refused)
	}
	for _, p := range append(workers, web) {
		p.stop()
	}
}

// schedules publishes workflows that are due one after the other in the next seconds.
func (to *town) schedules(n int) int {
	to.t.Helper()
	ctx := to.t.Context()
	for i := range n {
		id, err := to.svc.Workflows.Create(ctx, to.owner, fmt.Sprintf("Daily %d", i), "", flow.Definition{
			Trigger: flow.Trigger{Kind: "schedule", Config: map[string]any{"cron": "0 0 1 1 *", "zone": "UTC"}},
			Steps:   []flow.Step{{ID: "say", Kind: "log", Config: map[string]any{"message": "now"}}},
		})
		must(to.t, err)
		_, err = to.svc.Workflows.Publish(ctx, to.owner, id, 1, "")
		must(to.t, err)
		to.exec(`UPDATE workflow_triggers SET next_at = now() + $2 * interval '100 milliseconds' WHERE workflow_id = $1`, id, i)
	}
	return n
}
