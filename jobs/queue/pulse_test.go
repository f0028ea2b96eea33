package queue_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"

	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/queue"
)

// running is a job that the client was the last to take.
func running(t *testing.T, d *db.DB, client string) (id int64) {
	t.Helper()
	err := d.Pool().QueryRow(t.Context(), `
		INSERT INTO river_job (kind, args, queue, state, attempt, max_attempts, attempted_at, attempted_by)
		VALUES ('wait', '{}', 'default', 'running', 1, 1, now(), ARRAY['someone', $1::text]) RETURNING id`, client).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// at works on the job until the test ends.
func at(t *testing.T, p *queue.Pulse, job int64) {
	t.Helper()
	begun := make(chan struct{})
	go func() {
		_ = p.Middleware().Work(t.Context(), &rivertype.JobRow{ID: job}, func(ctx context.Context) error {
			close(begun)
			<-ctx.Done()
			return nil
		})
	}()
	<-begun
}

// holds keeps the client's lock until the test ends, as a living process does.
func holds(t *testing.T, d *db.DB, client string) {
	t.Helper()
	conn, err := d.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Release)
	if _, err := conn.Exec(t.Context(), `SELECT pg_advisory_lock(19542, hashtext($1))`, client); err != nil { // pulseLockClass
		t.Fatal(err)
	}
}

// TestStrays: the answer to a fetch was lost, so the database counts a job as that
// of a living worker that knows nothing of it.
func TestStrays(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	p := queue.NewPulse(d, "alive", slog.New(slog.DiscardHandler)) // not started: only the test looks, by its own time
	holds(t, d, "alive")
	at(t, p, running(t, d, "alive"))
	running(t, d, "alive")
	states := func() (states string) {
		t.Helper()
		if err := d.Pool().QueryRow(t.Context(), `SELECT string_agg(state::text, ' ' ORDER BY id) FROM river_job`).Scan(&states); err != nil {
			t.Fatal(err)
		}
		return states
	}
	now := time.Now()
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "running running"}, {2 * time.Second, "running running"}, {4 * time.Second, "running available"}} {
		if err := p.Reap(t.Context(), now.Add(c.after)); err != nil {
			t.Fatal(err)
		}
		if got := states(); got != c.want {
			t.Errorf("after %s: %s, want %s", c.after, got, c.want)
		}
	}
}

func TestReapTakesOnlyWhatTheDeadLeft(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	log := slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	running(t, d, "dead")
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
	alive := queue.NewPulse(d, "alive", log) // it takes what is dead too, so it starts after the grace was looked at
	if err := alive.Start(ctx); err != nil {
		t.Fatal(err)
	}
	at(t, alive, running(t, d, "alive"))
	for _, after := range []time.Duration{4 * time.Second, 8 * time.Second} {
		if err := reaper.Reap(ctx, now.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	if state("dead") != "available" || state("alive") != "running" {
		t.Errorf("dead's job is %s, alive's %s", state("dead"), state("alive"))
	}
	var room bool
	if err := d.Pool().QueryRow(ctx, `SELECT max_attempts > attempt FROM river_job WHERE attempted_by[2] = 'dead'`).Scan(&room); err != nil || !room {
		t.Error("the job was put back with no attempt left")
	}
}
