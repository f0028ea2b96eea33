package queue_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"levqor/jobs/db/dbtest"
	"levqor/jobs/queue"
)

func TestReapTakesOnlyWhatTheDeadLeft(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	log := slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	alive := queue.NewPulse(d, "alive", log)
	if err := alive.Start(ctx); err != nil {
		t.Fatal(err)
	}
	for _, client := range []string{"alive", "dead"} {
		_, err := d.Pool().Exec(ctx, `
			INSERT INTO river_job (kind, args, queue, state, attempt, max_attempts, attempted_at, attempted_by)
			VALUES ('wait', '{}', 'default', 'running', 1, 1, now(), ARRAY['someone', $1::text])`, client)
		if err != nil {
			t.Fatal(err)
		}
	}
	state := func(client string) (state string) {
		t.Helper()
		err := d.Pool().QueryRow(ctx, `SELECT state::text FROM river_job WHERE attempted_by[2] = $1`, client).Scan(&state)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	reaper := queue.NewPulse(d, "reaper", log)
	now := time.Now()
	if err := reaper.Reap(ctx, now); err != nil {
		t.Fatal(err)
	}
	if state("dead") != "running" {
		t.Error("taken before the grace was over: a restarted Postgres drops every lock")
	}
	if err := reaper.Reap(ctx, now.Add(4*time.Second)); err != nil {
		t.Fatal(err)
	}
	if state("dead") != "available" || state("alive") != "running" {
		t.Errorf("dead's job is %s, alive's %s", state("dead"), state("alive"))
	}
	var room bool
	if err := d.Pool().QueryRow(ctx, `SELECT max_attempts > attempt FROM river_job WHERE attempted_by[2] = 'dead'`).Scan(&room); err != nil || !room {
		t.Error("the job was put back with no attempt left")
	}
}
