package workflow_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db/dbtest"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
)

// sweep as many workers do at once.
func (l *line) sweep() {
	l.t.Helper()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := l.SweepSchedules(l.t.Context()); err != nil {
				l.t.Error(err)
			}
		})
	}
	all.Wait()
	l.drain()
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx := t.Context()
	l.clock.Shift(time.Until(time.Now().Truncate(time.Hour).Add(90 * time.Minute))) // no hour turns while this runs
	const hourly = "trigger: {kind: schedule, config: {cron: \"0 * * * *\"}}\nsteps: [{id: a, kind: log, config: {message: \"${trigger.at}\"}}]"
	t.Run("each slot once, however many look", func(t *testing.T) {
		id := l.live(hourly)
		for range 3 {
			l.pass(time.Hour)
			l.sweep()
			l.sweep()
		}
		runs := l.runsOf(id)
		if len(runs) != 3 || runs[0].Cause != engine.CauseSchedule || runs[0].State != engine.Succeeded {
			t.Errorf("%d runs: %+v", len(runs), runs)
		}
	})
	t.Run("of slots that nobody served the newest is caught up", func(t *testing.T) {
		id := l.live(hourly)
		l.pass(5 * time.Hour)
		l.sweep()
		runs := l.runsOf(id)
		if len(runs) != 1 {
			t.Fatalf("%d runs", len(runs))
		}
		input, _ := l.see(runs[0].ID).Input.(map[string]any)
		if input["missed"] != 4.0 {
			t.Errorf("%v", input)
		}
	})
	t.Run("none while it is paused, nor for the time it was", func(t *testing.T) {
		id := l.live(hourly)
		must(t, l.Pause(ctx, l.owner, id))
		l.pass(3 * time.Hour)
		l.sweep()
		must(t, l.Resume(ctx, l.owner, id))
		l.sweep()
		if runs := l.runsOf(id); len(runs) != 0 {
			t.Errorf("%d runs", len(runs))
		}
		l.pass(time.Hour)
		l.sweep()
		if runs := l.runsOf(id); len(runs) != 1 {
			t.Errorf("%d runs", len(runs))
		}
	})
	t.Run("none of what was deleted, or publishes another trigger", func(t *testing.T) {
		id := l.live(hourly)
		must(t, l.Delete(ctx, l.owner, id))
		l.pass(2 * time.Hour)
		l.sweep()
		if runs := l.runsOf(id); len(runs) != 0 {
			t.Errorf("%d runs", len(runs))
		}
	})
}

func TestEvents(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx, source := t.Context(), uuid.New()
	listen := func(config string) uuid.UUID {
		return l.live("trigger: {kind: event, config: {" + config + "}}\nsteps: [{id: a, kind: log, config: {message: \"${trigger.name}\"}}]")
	}
	all := listen("event: backup.failed")
	mine := listen("event: backup.failed, source: \"" + source.String() + "\"")
	other := listen("event: backup.failed, source: \"" + uuid.NewString() + "\"")
	drill := listen("event: drill.failed")
	paused := listen("event: backup.failed")
	must(t, l.Pause(ctx, l.owner, paused))
	e := workflow.Event{Name: workflow.BackupFailed, Key: "task-1", Workspace: l.owner.Workspace, Source: source, Data: map[string]any{"name": "shop-db"}}
	tell := func(e workflow.Event) {
		t.Helper()
		l.system(func(ctx context.Context, tx pgx.Tx) error { return l.Happened(ctx, tx, e) })
		l.drain()
	}
	tell(e)
	tell(e)
	foreign := e
	foreign.Workspace, foreign.Key = dbtest.Workspace(t, l.db).Workspace, "task-2"
	tell(foreign)
	for name, c := range map[string]struct {
		id   uuid.UUID
		want int
	}{"any source": {all, 1}, "that source": {mine, 1}, "another source": {other, 0}, "another event": {drill, 0}, "paused": {paused, 0}} {
		runs := l.runsOf(c.id)
		if len(runs) != c.want || c.want > 0 && (runs[0].Cause != engine.CauseEvent || runs[0].State != engine.Succeeded) {
			t.Errorf("%s: %d runs, want %d: %+v", name, len(runs), c.want, runs)
		}
	}
	e.Key = "task-3"
	tell(e)
	if runs := l.runsOf(all); len(runs) != 2 {
		t.Errorf("%d runs after the next event", len(runs))
	}
}
