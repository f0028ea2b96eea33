package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"

	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/lease"
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
func at(t *testing.T, p *queue.Heartbeat, job int64) {
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
	if _, err := conn.Exec(t.Context(), `SELECT pg_advisory_lock(19542, hashtext($1))`, client); err != nil { // lockClass
		t.Fatal(err)
	}
}

// TestStrays: the answer to a fetch was lost, so the database counts a job as that
// of a living worker that knows nothing of it.
func TestStrays(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	p := queue.NewHeartbeat(d, "alive", slog.New(slog.DiscardHandler)) // not started: only the test looks, by its own time
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

func TestTakesUpOnlyWhatTheDeadLeft(t *testing.T) {
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
	reaper := queue.NewHeartbeat(d, "reaper", log)
	now := time.Now()
	if err := reaper.Reap(ctx, now); err != nil {
		t.Fatal(err)
	}
	if state("dead") != "running" {
		t.Error("taken before the grace was over: a restarted Postgres drops every lock")
	}
	alive := queue.NewHeartbeat(d, "alive", log) // it takes what is dead too, so it starts after the grace was looked at
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

// beats writes a lease as a worker does; ages are in seconds.
func beats(t *testing.T, d *db.DB, worker string, beat, steady int) {
	t.Helper()
	if err := d.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO worker_leases (worker, session, beat_at, steady_since)
			VALUES ($1, 'session of ' || $1, now() - make_interval(secs => $2), now() - make_interval(secs => $3))`, worker, beat, steady)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestLeases: a frozen worker keeps its connection, and so its lock; its lease runs
// out all the same, unless nobody saw the database answer all that time.
func TestLeases(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		beat         int // of the silent one, seconds ago
		mine, steady int // of the one who judges
		taken        bool
	}{
		"a fresh lease":                               {7, 0, 60, false},
		"one that ran out":                            {9, 0, 60, true},
		"after an outage of the database":             {9, 0, 5, false},
		"in the eyes of one who was frozen himself":   {9, 6, 60, false},
		"in the eyes of one who is as old as silence": {9, 0, 9, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			holds(t, d, "frozen")
			beats(t, d, "frozen", c.beat, 60)
			beats(t, d, "mine", c.mine, c.steady)
			job := running(t, d, "frozen")
			if err := queue.NewHeartbeat(d, "mine", slog.New(slog.DiscardHandler)).Reap(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			var id int64
			var state string
			if err := d.Pool().QueryRow(t.Context(), `SELECT id, state::text FROM river_job`).Scan(&id, &state); err != nil {
				t.Fatal(err)
			}
			if c.taken != (state == "available") || c.taken != (id != job) {
				t.Errorf("the job is %s, and new: %v", state, id != job)
			}
		})
	}
}

// TestALostLeaseCancelsWhatIsAtWork: whoever wakes and finds its lease gone stops all
// it has at work, keeps quiet until it is sure, and goes on with a new lease.
func TestALostLeaseCancelsWhatIsAtWork(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	log := slog.New(slog.DiscardHandler)
	h := queue.NewHeartbeat(d, "woken", log)
	ctx, stop := context.WithCancel(t.Context())
	if err := h.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { stop(); h.Wait() }()
	job := running(t, d, "woken")
	ended := make(chan error, 1)
	begun := make(chan error)
	go func() {
		_ = h.Middleware().Work(ctx, &rivertype.JobRow{ID: job}, func(ctx context.Context) error {
			begun <- lease.Held(ctx)
			<-ctx.Done()
			ended <- lease.Held(ctx)
			return nil
		})
	}()
	if err := <-begun; err != nil {
		t.Errorf("with its lease: %v", err)
	}
	if err := d.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE worker_leases SET lost_at = now()`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, lease.ErrLost) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on without a lease")
	}
	for range 100 {
		var again bool
		if err := d.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT lost_at IS NULL FROM worker_leases`).Scan(&again)
		}); err != nil {
			t.Fatal(err)
		}
		if again {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("it took no new lease")
}
