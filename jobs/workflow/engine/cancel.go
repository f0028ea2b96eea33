package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/live"
	tasks "levqor/jobs/task"
	"levqor/jobs/workflow/step"
)

// Cancel ends a run at once, whatever it does, and with it the runs and the tasks
// that it waits for. A step that is reaching outside just now may still arrive
// there; it is not recorded any more. Conflict (workflow.fail.over) when the run
// is over.
func (e *Engine) Cancel(ctx context.Context, tx pgx.Tx, run uuid.UUID) error {
	ok, err := e.halt(ctx, tx, run, Canceled, &Failure{Class: fail.ClassCanceled, Key: "workflow.fail.canceled"})
	if err != nil {
		return err
	}
	if !ok {
		return fail.New(fail.Conflict, "workflow.fail.over")
	}
	return nil
}

// CancelStep ends what one step of a run waits for: the step fails, and the run
// goes on as the flow says. Conflict (workflow.fail.not_waiting) when the step does
// not wait, or waits for a person, who can say no.
func (e *Engine) CancelStep(ctx context.Context, tx pgx.Tx, run uuid.UUID, key, by string) error {
	// A run is locked before its waits' tasks and before its lane, here as everywhere.
	if _, err := tx.Exec(ctx, `SELECT FROM runs WHERE id = $1 FOR UPDATE`, run); err != nil {
		return fmt.Errorf("lock run: %w", err)
	}
	rows, err := tx.Query(ctx, `
		UPDATE run_waits SET state = 'closed', answer = coalesce(answer, '{}') || jsonb_build_object('canceled', true, 'by', $3::text)
		WHERE run_id = $1 AND key = $2 AND state = 'open' AND kind IN ('callback', 'delay', 'retry', 'run', 'task')
		RETURNING run_id, workspace_id, key, kind, ref_id`, run, key, by)
	if err != nil {
		return fmt.Errorf("cancel a step: %w", err)
	}
	type ending struct {
		closed
		Ref *uuid.UUID
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ending])
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fail.New(fail.Conflict, "workflow.fail.not_waiting")
	}
	w := found[0]
	why := &Failure{Class: fail.ClassCanceled, Key: "workflow.fail.canceled"}
	switch w.Kind {
	case step.WaitTask:
		err = e.cancelTasks(ctx, tx, []uuid.UUID{*w.Ref})
	case step.WaitRun:
		_, err = e.halt(ctx, tx, *w.Ref, Canceled, why)
	}
	if err != nil {
		return err
	}
	return e.wake(ctx, tx, []closed{w.closed})
}

func (e *Engine) cancelTasks(ctx context.Context, tx pgx.Tx, ids []uuid.UUID) error {
	for _, id := range ids {
		if err := tasks.RequestCancel(ctx, tx, id, e.clock.Now()); err != nil && !fail.Is(err, fail.Conflict) && !fail.Is(err, fail.NotFound) {
			return err
		}
	}
	return nil
}

// halted is a run of a family that is ended from outside.
type halted struct {
	claimed
	was  State
	gate string
}

// halt ends a run from outside, and those that it waits for: their jobs, if any
// are at work, are fenced out. false when it is over.
func (e *Engine) halt(ctx context.Context, tx pgx.Tx, run uuid.UUID, to State, why *Failure) (bool, error) {
	family, err := lockFamily(ctx, tx, run)
	if err != nil || len(family) == 0 || family[0].ID != run {
		return false, err
	}
	awaited, err := e.endAll(ctx, tx, family, to, why)
	if err != nil {
		return false, err
	}
	if err := e.cancelTasks(ctx, tx, awaited); err != nil {
		return false, err
	}
	states := map[uuid.UUID]State{}
	var working []claimed
	var news []live.News
	for _, r := range family {
		states[r.ID] = Canceled
		if r.was == Running {
			working = append(working, r.claimed)
			continue
		}
		news = append(news, live.News{Workspace: r.Workspace, Topic: Topic(r.ID)}, live.News{Workspace: r.Workspace, Topic: AllRuns})
		if r.was == Held && r.gate == "lane" {
			if _, err := tx.Exec(ctx, `UPDATE run_lanes SET held = greatest(0, held - 1) WHERE workspace_id = $1`, r.Workspace); err != nil {
				return false, err
			}
		}
		if r.Gated {
			if err := e.openGate(ctx, tx, r.Workspace, []uuid.UUID{r.Workflow}); err != nil {
				return false, err
			}
		}
	}
	states[run] = to
	if err := e.afterwards(ctx, tx, working, states); err != nil {
		return false, err
	}
	return true, errors.Join(live.NotifyAll(ctx, tx, news), e.wakeParents(ctx, tx, []uuid.UUID{run}))
}

// lockFamily is the run and the unfinished ones that it waits for, and they, and so
// on: the first is the run itself, as ids grow with time.
func lockFamily(ctx context.Context, tx pgx.Tx, run uuid.UUID) (family []halted, err error) {
	rows, err := tx.Query(ctx, `
		WITH RECURSIVE family AS (
			SELECT $1::uuid AS id
			UNION
			SELECT w.ref_id FROM family f JOIN run_waits w ON w.run_id = f.id WHERE w.kind = 'run' AND w.state = 'open' AND w.ref_id IS NOT NULL
		)
		SELECT r.id, r.workspace_id, r.workflow_id, r.state, r.gate, r.parent_id IS NOT NULL, w.max_runs > 0
		FROM runs r JOIN workflows w ON w.id = r.workflow_id
		WHERE r.id IN (SELECT id FROM family) AND r.state IN ('held', 'running', 'waiting') ORDER BY r.id FOR UPDATE OF r`, run)
	if err != nil {
		return nil, fmt.Errorf("halt run: %w", err)
	}
	var r halted
	_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.Workspace, &r.Workflow, &r.was, &r.gate, &r.IsChild, &r.Gated}, func() error {
		family = append(family, r)
		return nil
	})
	return family, err
}

// endAll writes the end of a family's first run, and of the others as canceled; it
// returns the tasks that they were waiting for.
func (e *Engine) endAll(ctx context.Context, tx pgx.Tx, family []halted, to State, why *Failure) (awaited []uuid.UUID, err error) {
	ids := make([]uuid.UUID, len(family))
	for i, r := range family {
		ids[i] = r.ID
	}
	_, err = tx.Exec(ctx, `
		UPDATE runs SET state = CASE WHEN id = $1 THEN $2 ELSE 'canceled' END, gate = '', epoch = epoch + 1, finished_at = $3, failed_step = '',
			failure_class = CASE WHEN id = $1 THEN $4 ELSE 'canceled' END, failure_key = CASE WHEN id = $1 THEN $5 ELSE 'workflow.fail.canceled' END
		WHERE id = ANY($6)`, ids[0], to, e.clock.Now(), why.Class, why.Key, ids)
	if err != nil {
		return nil, fmt.Errorf("halt run: %w", err)
	}
	rows, err := tx.Query(ctx, `
		UPDATE run_waits SET state = 'closed', answer = '{"canceled": true}' WHERE run_id = ANY($1) AND state = 'open' RETURNING CASE WHEN kind = 'task' THEN ref_id END`, ids)
	if err != nil {
		return nil, fmt.Errorf("halt run: %w", err)
	}
	var id *uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		if id != nil {
			awaited = append(awaited, *id)
		}
		return nil
	})
	return awaited, err
}
