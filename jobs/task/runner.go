package task

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/lease"
	"levqor/jobs/queue"
)

// MaxAttempts bounds tries after transient failures and killed workers alike.
const MaxAttempts = 6

// Runner runs tasks and records how they end.
type Runner struct {
	db    *db.DB
	queue *queue.Queue
	clock *clock.Clock
	log   *slog.Logger
}

// NewRunner makes the runner of this process.
func NewRunner(d *db.DB, q *queue.Queue, c *clock.Clock, log *slog.Logger) *Runner {
	return &Runner{db: d, queue: q, clock: c, log: log}
}

// Work does the task. It returns what to commit together with its success
// (nil: nothing more), or the error that ends this attempt.
type Work func(ctx context.Context, a *Active) (finish func(ctx context.Context, tx pgx.Tx) error, err error)

// Do claims the task and runs work. It returns nil once an outcome is recorded,
// whatever it is; RetryLater when the job must run again; another error only
// when the outcome could not be recorded.
func (r *Runner) Do(ctx context.Context, id uuid.UUID, work Work) error {
	a, err := r.claim(ctx, id)
	if err != nil || a == nil {
		return err
	}
	workCtx, cancel := context.WithCancelCause(ctx)
	beatDone := make(chan struct{})
	go func() {
		defer close(beatDone)
		a.beat(workCtx, cancel)
	}()
	finish, err := runSafely(workCtx, a, work)
	cause := context.Cause(workCtx)
	cancel(nil)
	<-beatDone
	if errors.Is(cause, lease.ErrLost) { // another worker has it: not even the outcome is ours to write
		r.log.WarnContext(ctx, "this worker's lease was lost", "task", id)
		return lease.ErrLost
	}

	endCtx, stop := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer stop()
	_, _ = a.sendProgress(endCtx) // the outcome, below, is what counts
	if err == nil {
		err = a.succeed(endCtx, finish)
		if err == nil {
			return nil
		}
	}
	return a.end(endCtx, err, cause, ctx.Err() != nil)
}

func runSafely(ctx context.Context, a *Active, work Work) (finish func(context.Context, pgx.Tx) error, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fail.Wrap(panicError{p}, fail.Internal, "task.fail.internal")
		}
	}()
	return work(ctx, a)
}

// claim is nil, nil when there is nothing to do: the task is over, or gone.
func (r *Runner) claim(ctx context.Context, id uuid.UUID) (*Active, error) {
	a := &Active{runner: r}
	err := r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE tasks t SET state = 'running', epoch = epoch + 1, attempt = attempt + 1, retry_at = NULL,
				started_at = coalesce(started_at, $2), progress_at = $2,
				phase = '', current = '', bytes_done = 0, items_done = 0, bytes_stored = 0, rate = 0,
				failure_class = '', failure_key = '', failure_args = '{}'
			WHERE id = $1 AND state IN ('queued', 'running') RETURNING `+Columns, id, r.clock.Now())
		if err != nil {
			return err
		}
		a.Task, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Task])
		if err != nil {
			return err
		}
		return notifyState(ctx, tx, a.Task.WorkspaceID, a.Task.ID, a.Task.Topics)
	})
	switch {
	case db.NoRows(err):
		return nil, nil
	case err != nil:
		return nil, err
	case a.Task.CancelRequestedAt != nil:
		return nil, a.end(ctx, errCanceled(), errCanceled(), false)
	case a.Task.Attempt > MaxAttempts:
		return nil, a.end(ctx, fail.Work(errors.New("workers keep dying on it"), fail.ClassInternal, "task.fail.gave_up"), nil, false)
	}
	return a, nil
}

func errCanceled() error {
	return &fail.Error{Kind: fail.Canceled, Class: fail.ClassCanceled, Key: "task.fail.canceled"}
}

type panicError struct{ value any }

func (p panicError) Error() string { return "panic" }
