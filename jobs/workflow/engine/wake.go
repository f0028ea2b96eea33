package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/live"
	"levqor/jobs/workflow/step"
)

// closed is a wait that something ended.
type closed struct {
	Run       uuid.UUID
	Workspace uuid.UUID
	Key       string
	Kind      step.WaitKind
}

// close ends an open wait; false when something else was first. The click of a
// person and the clock meet here: one UPDATE says who won.
func (e *Engine) close(ctx context.Context, tx pgx.Tx, run uuid.UUID, key string, kinds []step.WaitKind, answer map[string]any) (bool, error) {
	rows, err := tx.Query(ctx, `
		UPDATE run_waits SET state = 'closed', answer = coalesce(answer, '{}') || $4::jsonb
		WHERE run_id = $1 AND key = $2 AND state = 'open' AND kind = ANY($3)
		RETURNING run_id, workspace_id, key, kind`, run, key, kinds, text(answer))
	if err != nil {
		return false, fmt.Errorf("close a wait: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[closed])
	if err != nil || len(found) == 0 {
		return false, err
	}
	return true, e.wake(ctx, tx, found)
}

// Decide answers a person's question: an approval, or an unknown outcome.
// Conflict (workflow.fail.decided) when it was answered before, or is too late.
func (e *Engine) Decide(ctx context.Context, tx pgx.Tx, run uuid.UUID, key string, kind step.WaitKind, answer map[string]any) error {
	ok, err := e.close(ctx, tx, run, key, []step.WaitKind{kind}, answer)
	if err != nil {
		return err
	}
	if !ok {
		return fail.New(fail.Conflict, "workflow.fail.decided")
	}
	if kind == step.WaitUnknown && answer["as"] == "again" { // not done, so nothing after it is
		_, err = tx.Exec(ctx, `UPDATE runs SET doubted = false WHERE id = $1 AND doubted`, run)
	}
	return err
}

// Call answers the wait for a callback whose address has that hash; false when
// there is none open.
func (e *Engine) Call(ctx context.Context, tx pgx.Tx, token []byte, answer map[string]any) (bool, error) {
	rows, err := tx.Query(ctx, `
		UPDATE run_waits SET state = 'closed', answer = $2::jsonb WHERE token_hash = $1 AND state = 'open'
		RETURNING run_id, workspace_id, key, kind`, token, text(answer))
	if err != nil {
		return false, fmt.Errorf("answer a callback: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[closed])
	if err != nil || len(found) == 0 {
		return false, err
	}
	return true, e.wake(ctx, tx, found)
}

// TaskEnded wakes the runs that wait for that task. A second call finds none.
func (e *Engine) TaskEnded(ctx context.Context, tx pgx.Tx, task uuid.UUID, answer map[string]any) error {
	rows, err := tx.Query(ctx, `
		UPDATE run_waits SET state = 'closed', answer = coalesce(answer, '{}') || $2::jsonb
		WHERE ref_id = $1 AND kind = 'task' AND state = 'open'
		RETURNING run_id, workspace_id, key, kind`, task, text(answer))
	if err != nil {
		return fmt.Errorf("end the waits for a task: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[closed])
	if err != nil {
		return err
	}
	return e.wake(ctx, tx, found)
}

// wakeEnded is TaskEnded for tasks whose end told nobody, as when one is canceled
// before any worker had it.
func (e *Engine) wakeEnded(ctx context.Context, tx pgx.Tx) (int, error) {
	rows, err := tx.Query(ctx, `
		UPDATE run_waits w SET state = 'closed'
		FROM (SELECT o.run_id, o.key FROM run_waits o JOIN tasks t ON t.id = o.ref_id
			WHERE o.state = 'open' AND o.ref_id IS NOT NULL AND o.kind = 'task' AND t.state IN ('canceled', 'failed', 'succeeded')
			LIMIT $1 FOR UPDATE OF o SKIP LOCKED) over
		WHERE w.run_id = over.run_id AND w.key = over.key
		RETURNING w.run_id, w.workspace_id, w.key, w.kind`, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("find tasks that ended: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[closed])
	if err != nil {
		return 0, err
	}
	return len(found), e.wake(ctx, tx, found)
}

// wakeParents wakes the runs that started these and wait for their end.
func (e *Engine) wakeParents(ctx context.Context, tx pgx.Tx, ended []uuid.UUID) error {
	if len(ended) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `
		UPDATE run_waits w SET state = 'closed', answer = coalesce(w.answer, '{}') || jsonb_build_object('state', r.state, 'output', r.output, 'run', r.id, 'number', r.number,
			'failure_key', r.failure_key, 'failure_args', r.failure_args)
		FROM runs r WHERE r.id = ANY($1) AND r.parent_id IS NOT NULL AND w.ref_id = r.id AND w.kind = 'run' AND w.state = 'open'
		RETURNING w.run_id, w.workspace_id, w.key, w.kind`, ended)
	if err != nil {
		return fmt.Errorf("wake the runs above: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[closed])
	if err != nil {
		return err
	}
	return e.wake(ctx, tx, found)
}

// wake lets runs go on. One that is at work just now is told by its counter.
func (e *Engine) wake(ctx context.Context, tx pgx.Tx, found []closed) error {
	if len(found) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(found))
	for i, c := range found {
		ids[i] = c.Run
	}
	rows, err := tx.Query(ctx, `
		UPDATE runs SET wakes = wakes + 1 WHERE id IN (SELECT id FROM runs WHERE id = ANY($1) ORDER BY id FOR UPDATE)
		RETURNING id, workspace_id, state`, ids)
	if err != nil {
		return fmt.Errorf("wake runs: %w", err)
	}
	asleep := map[uuid.UUID][]uuid.UUID{}
	var id, workspace uuid.UUID
	var state State
	if _, err := pgx.ForEachRow(rows, []any{&id, &workspace, &state}, func() error {
		if state == Waiting {
			asleep[workspace] = append(asleep[workspace], id)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, workspace := range sortedKeys(asleep) {
		if err := e.admit(ctx, tx, workspace, asleep[workspace]); err != nil {
			return err
		}
	}
	news := make([]live.News, len(found))
	for i, c := range found {
		news[i] = live.News{Workspace: c.Workspace, Topic: Topic(c.Run)}
	}
	return live.NotifyAll(ctx, tx, news)
}

const sweepBatch = 200

// Sweep wakes what is due: delays that are over, retries, questions and callbacks
// that nobody answered in time, tasks that are over. Several workers may sweep at once.
func (e *Engine) Sweep(ctx context.Context) error {
	for {
		due, over := 0, 0
		err := e.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			if due, err = e.wakeDue(ctx, tx, e.clock.Now()); err != nil {
				return err
			}
			over, err = e.wakeEnded(ctx, tx)
			return err
		})
		if err != nil || due < sweepBatch && over < sweepBatch {
			return err
		}
	}
}

func (e *Engine) wakeDue(ctx context.Context, tx pgx.Tx, now time.Time) (int, error) {
	rows, err := tx.Query(ctx, `
		UPDATE run_waits w SET state = 'closed', answer = coalesce(w.answer, '{}') || '{"expired": true}'
		FROM (SELECT run_id, key FROM run_waits WHERE state = 'open' AND wake_at <= $1 ORDER BY wake_at LIMIT $2 FOR UPDATE SKIP LOCKED) due
		WHERE w.run_id = due.run_id AND w.key = due.key
		RETURNING w.run_id, w.workspace_id, w.key, w.kind`, now, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("find waits that are over: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[closed])
	if err != nil {
		return 0, err
	}
	return len(found), e.wake(ctx, tx, found)
}

// SweepDeadlines fails runs that took longer than they may.
func (e *Engine) SweepDeadlines(ctx context.Context) error {
	return e.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, workspace_id FROM runs WHERE deadline_at <= $1 AND state IN ('held', 'running', 'waiting')
			LIMIT $2 FOR UPDATE SKIP LOCKED`, e.clock.Now(), sweepBatch)
		if err != nil {
			return fmt.Errorf("find runs past their deadline: %w", err)
		}
		type late struct{ ID, Workspace uuid.UUID }
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[late])
		if err != nil {
			return err
		}
		for _, r := range found {
			if _, err := e.halt(ctx, tx, r.ID, Failed, &Failure{Class: fail.ClassTransient, Key: "workflow.fail.deadline"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Retry goes on with a failed run from the step that failed: what was done stays
// done. Conflict (workflow.fail.not_failed) for any other run.
func (e *Engine) Retry(ctx context.Context, tx pgx.Tx, run uuid.UUID) error {
	var workspace, workflow uuid.UUID
	rows, err := tx.Query(ctx, `
		UPDATE runs SET take = take + 1, state = 'held', gate = 'lane', finished_at = NULL, failed_step = '', failure_class = '', failure_key = '',
			failure_args = '{}', deadline_at = greatest(deadline_at, $2)
		WHERE id = $1 AND state = 'failed' RETURNING workspace_id, workflow_id`, run, e.clock.Now().Add(24*time.Hour))
	if err != nil {
		return fmt.Errorf("retry run: %w", err)
	}
	n, err := pgx.ForEachRow(rows, []any{&workspace, &workflow}, func() error { return nil })
	if err != nil {
		return err
	}
	if n.RowsAffected() == 0 {
		return fail.New(fail.Conflict, "workflow.fail.not_failed")
	}
	in, err := e.atGate(ctx, tx, workflow, []uuid.UUID{run})
	if err != nil || len(in) == 0 {
		return err
	}
	return e.admit(ctx, tx, workspace, in)
}
