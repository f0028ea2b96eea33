package task

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/lease"
	"levqor/jobs/live"
)

// Progress is a reading of work in hand. Totals of 0 mean unknown.
type Progress struct {
	Current     string
	BytesDone   int64
	BytesTotal  int64
	BytesStored int64
	ItemsDone   int64
	ItemsTotal  int64
}

// Active is a claimed task in the hands of its work.
type Active struct {
	Task   Task
	runner *Runner

	mu       sync.Mutex
	phase    string
	sample   func() Progress
	last     Progress
	lastAt   time.Time
	rate     float64
	lastSent string
}

// ErrLost ends work whose task was taken by another claim.
func errLost() error {
	return &fail.Error{Kind: fail.Canceled, Class: fail.ClassInternal, Key: "task.fail.lost"}
}

// Phase names what is done now; its words are task.phase.<kind>.<name>.
func (a *Active) Phase(name string) {
	a.mu.Lock()
	a.phase = name
	a.mu.Unlock()
}

// Measure sets where progress is read from, once a second. sample must be quick
// and safe to call while the work runs.
func (a *Active) Measure(sample func() Progress) {
	a.mu.Lock()
	a.sample, a.lastAt = sample, time.Time{}
	a.mu.Unlock()
}

// Log adds a line to the task's log; key's words are shown with the pairs.
func (a *Active) Log(ctx context.Context, key string, pairs ...any) error {
	line, err := encodeArgs(fail.New("", key, pairs...).Args)
	if err != nil {
		return err
	}
	return a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO task_logs (task_id, workspace_id, at, key, args) VALUES ($1, $2, $3, $4, $5)`,
			a.Task.ID, a.Task.WorkspaceID, a.runner.clock.Now(), key, line); err != nil {
			return err
		}
		return live.Notify(ctx, tx, a.Task.WorkspaceID, a.Task.Topic())
	})
}

// InTx runs fn in a transaction of the task's workspace, fenced: it fails when
// another claim has the task or it was canceled.
func (a *Active) InTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return a.runner.db.InWorkspace(ctx, a.Task.WorkspaceID, func(ctx context.Context, tx pgx.Tx) error {
		var id uuid.UUID
		err := tx.QueryRow(ctx, `SELECT id FROM tasks WHERE id = $1 AND epoch = $2 AND state = 'running' FOR UPDATE`,
			a.Task.ID, a.Task.Epoch).Scan(&id)
		if db.NoRows(err) {
			return errLost()
		}
		if err != nil {
			return fmt.Errorf("fence task: %w", err)
		}
		return fn(ctx, tx)
	})
}

// heldTime is how long the database may take to say whose a task is.
const heldTime = 10 * time.Second

// Held is asked before anything is removed or renamed outside the database, also
// after ctx ended: whoever lost the claim touches nothing. What can't be known now
// is not held.
func (a *Active) Held(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, lease.ErrLost) {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), heldTime)
	defer cancel()
	if err := lease.Held(ctx); err != nil {
		return err
	}
	return a.InTx(ctx, func(context.Context, pgx.Tx) error { return nil })
}

// Now is the product's clock.
func (a *Active) Now() time.Time { return a.runner.clock.Now() }

// beat records progress once a second and ends the work when it was canceled or lost.
func (a *Active) beat(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		stop, err := a.sendProgress(ctx)
		if err != nil {
			continue // our database is away: the work goes on, the fence decides later
		}
		if stop != nil {
			cancel(stop)
			return
		}
	}
}

// sendProgress writes a reading; its first result says why the work must stop.
func (a *Active) sendProgress(ctx context.Context) (stop, err error) {
	ctx, done := context.WithTimeout(ctx, 5*time.Second)
	defer done()
	p, phase, rate := a.read(time.Now())
	err = a.runner.db.InWorkspace(ctx, a.Task.WorkspaceID, func(ctx context.Context, tx pgx.Tx) error {
		var canceled bool
		err := tx.QueryRow(ctx, `
			UPDATE tasks SET phase = $3, current = $4, bytes_done = $5, bytes_total = $6, bytes_stored = $7,
				items_done = $8, items_total = $9, rate = $10, progress_at = $11
			WHERE id = $1 AND epoch = $2 AND state = 'running' RETURNING cancel_requested_at IS NOT NULL`,
			a.Task.ID, a.Task.Epoch, phase, p.Current, p.BytesDone, p.BytesTotal, p.BytesStored,
			p.ItemsDone, p.ItemsTotal, rate, a.runner.clock.Now()).Scan(&canceled)
		if db.NoRows(err) {
			stop = errLost()
			return nil
		}
		if err != nil {
			return err
		}
		if canceled {
			stop = errCanceled()
		}
		return a.notifyIfChanged(ctx, tx, phase, p)
	})
	return stop, err
}

func (a *Active) notifyIfChanged(ctx context.Context, tx pgx.Tx, phase string, p Progress) error {
	now := fmt.Sprint(phase, p)
	if now == a.lastSent {
		return nil
	}
	a.lastSent = now
	return live.Notify(ctx, tx, a.Task.WorkspaceID, a.Task.Topic())
}

// read samples the work and smooths the rate over about five seconds.
func (a *Active) read(now time.Time) (Progress, string, int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sample == nil {
		return a.last, a.phase, 0
	}
	p := a.sample()
	if elapsed := now.Sub(a.lastAt).Seconds(); !a.lastAt.IsZero() && elapsed > 0 {
		instant := max(0, float64(p.BytesDone-a.last.BytesDone)) / elapsed
		if a.rate == 0 {
			a.rate = instant
		} else {
			a.rate += (instant - a.rate) * min(1, elapsed/5)
		}
	}
	a.last, a.lastAt = p, now
	return p, a.phase, int64(a.rate)
}
