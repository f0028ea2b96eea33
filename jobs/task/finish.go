package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/scratch"
)

// succeed records success and what the line commits with it, all or nothing.
func (a *Active) succeed(ctx context.Context, finish func(context.Context, pgx.Tx) error) error {
	return a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if finish != nil {
			if err := finish(ctx, tx); err != nil {
				return err
			}
		}
		return a.close(ctx, tx, Succeeded, nil)
	})
}

// end turns the error of an attempt into the task's next state. cause says why
// the work's context ended, stopping that the whole process does.
func (a *Active) end(ctx context.Context, workErr, cause error, stopping bool) error {
	if fail.Is(cause, fail.Canceled) {
		workErr = cause // what the work said on its way out does not matter
	}
	if f, ok := errors.AsType[*fail.Error](workErr); ok && f.Key == "task.fail.lost" {
		a.runner.log.WarnContext(ctx, "another worker has the task", "task", a.Task.ID)
		return nil
	}
	if _, named := errors.AsType[*fail.Error](workErr); !named && scratch.IsFull(workErr) {
		workErr = scratch.FullTemp(workErr)
	}
	class := fail.ClassOf(workErr)
	switch {
	case class == fail.ClassCanceled:
		return a.endFinal(ctx, Canceled, workErr)
	case stopping:
		return a.putBack(ctx, nil, 0)
	case class == fail.ClassTransient && a.Task.Attempt < MaxAttempts:
		return a.putBack(ctx, workErr, max(backoff(a.Task.Attempt), asked(workErr)))
	default:
		a.runner.log.ErrorContext(ctx, "task failed", "task", a.Task.ID, "kind", a.Task.Kind, "class", class, "error", workErr)
		return a.endFinal(ctx, Failed, workErr)
	}
}

// backoff is 2 s, 8 s, 32 s, 2 min, 8 min.
func backoff(attempt int) time.Duration {
	return 2 * time.Second << (2 * max(0, attempt-1))
}

// asked is how long the other side wants to be left alone.
func asked(err error) time.Duration {
	if later, ok := errors.AsType[*queue.RetryLater](err); ok {
		return later.After
	}
	return 0
}

func (a *Active) endFinal(ctx context.Context, state State, workErr error) error {
	err := a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return a.close(ctx, tx, state, workErr) })
	return ignoreLost(err)
}

// putBack leaves the task queued for another attempt.
func (a *Active) putBack(ctx context.Context, workErr error, after time.Duration) error {
	err := a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		class, key, args, err := failureOf(workErr)
		if err != nil {
			return err
		}
		retryAt := a.Now().Add(after)
		if _, err := tx.Exec(ctx, `
			UPDATE tasks SET state = 'queued', retry_at = $2, failure_class = $3, failure_key = $4, failure_args = $5,
				attempt = attempt - $6
			WHERE id = $1`, a.Task.ID, retryAt, class, key, args, asInt(workErr == nil)); err != nil {
			return err
		}
		return notifyState(ctx, tx, a.Task.WorkspaceID, a.Task.ID, a.Task.Topics)
	})
	if err != nil {
		return ignoreLost(err)
	}
	return &queue.RetryLater{After: after}
}

// close writes the final state and tells those lines that follow up.
func (a *Active) close(ctx context.Context, tx pgx.Tx, state State, workErr error) error {
	class, key, args, err := failureOf(workErr)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		UPDATE tasks SET state = $2, finished_at = $3, failure_class = $4, failure_key = $5, failure_args = $6, rate = 0
		WHERE id = $1`, a.Task.ID, state, a.Now(), class, key, args); err != nil {
		return fmt.Errorf("record outcome: %w", err)
	}
	if err := a.runner.queue.Insert(ctx, tx, EndedArgs{ID: a.Task.ID.String()}); err != nil {
		return err
	}
	if err := promote(ctx, tx, a.runner.queue, a.Task.WorkspaceID, a.Task.Kind, a.Task.ID, 1); err != nil {
		return err
	}
	return notifyState(ctx, tx, a.Task.WorkspaceID, a.Task.ID, a.Task.Topics)
}

func failureOf(err error) (class fail.Class, key string, args []byte, _ error) {
	if err == nil {
		return "", "", []byte("{}"), nil
	}
	f, ok := errors.AsType[*fail.Error](err)
	if !ok {
		return fail.ClassInternal, "task.fail.internal", []byte("{}"), nil
	}
	args, encodeErr := encodeArgs(f.Args)
	return fail.ClassOf(err), f.Key, args, encodeErr
}

// ByID finds a task in any workspace, for what follows up on its end.
func ByID(ctx context.Context, d *db.DB, id uuid.UUID) (found Task, err error) {
	err = d.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err = Get(ctx, tx, id)
		return err
	})
	return found, err
}

func ignoreLost(err error) error {
	if f, ok := errors.AsType[*fail.Error](err); ok && f.Key == "task.fail.lost" {
		return nil
	}
	return err
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
