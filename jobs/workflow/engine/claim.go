package engine

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// claimTogether takes runs for the jobs that ask for them: nil where there is
// nothing to do. Claiming bumps the epoch, which fences out whoever had the run.
func (e *Engine) claimTogether(ctx context.Context, ids []uuid.UUID) ([]*claimed, error) {
	ctx, cancel := context.WithTimeout(ctx, togetherTime)
	defer cancel()
	found := map[uuid.UUID]*claimed{}
	err := e.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			UPDATE runs r SET epoch = epoch + 1, started_at = coalesce(started_at, $2)
			FROM (SELECT id FROM runs WHERE id = ANY($1) AND state = 'running' ORDER BY id FOR UPDATE) mine
			WHERE r.id = mine.id
			RETURNING r.id, r.workspace_id, r.workflow_id, r.version_id, r.number, r.cause, r.epoch, r.wakes, r.take, r.steps_done, r.input, r.depth,
				r.parent_id IS NOT NULL,
				(SELECT w.max_runs > 0 FROM workflows w WHERE w.id = r.workflow_id), r.started_at, r.deadline_at, r.doubted`, ids, e.clock.Now())
		if err != nil {
			return err
		}
		runs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[claimed])
		for i := range runs {
			found[runs[i].ID] = &runs[i]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim runs: %w", err)
	}
	out := make([]*claimed, len(ids))
	for i, id := range ids {
		out[i] = found[id]
		delete(found, id) // two jobs of one run in one batch: one of them
	}
	return out, nil
}

// load reads what earlier jobs of the run left.
func (a *advance) load(ctx context.Context) error {
	err := a.db.InWorkspace(ctx, a.run.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if err := a.loadRows(ctx, tx); err != nil {
			return err
		}
		if err := a.loadTried(ctx, tx); err != nil {
			return err
		}
		return a.loadWaits(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("load run %s: %w", a.run.ID, err)
	}
	return nil
}

// loadRows leaves out the failures of earlier takes: those steps are done again.
func (a *advance) loadRows(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `
		SELECT key, state, output, failure_class, failure_key, coalesce(failure_args, '{}') FROM run_steps
		WHERE run_id = $1 AND (state <> 'failed' OR take = $2)`, a.run.ID, a.run.Take)
	if err != nil {
		return err
	}
	var r row
	var f Failure
	var args struct {
		Step string         `json:"step"`
		Args map[string]any `json:"args"`
	}
	_, err = pgx.ForEachRow(rows, []any{&r.Key, &r.State, &r.Output, &f.Class, &f.Key, &args}, func() error {
		kept := r
		if f.Key != "" {
			kept.Failure = &Failure{Step: args.Step, Class: f.Class, Key: f.Key, Args: args.Args}
		}
		a.rows[kept.Key] = kept
		a.held += weight(kept.Output)
		a.noteBegun(kept.Key)
		r, f, args.Step, args.Args = row{}, Failure{}, "", nil
		return nil
	})
	return err
}

// loadTried finds the steps that failed in earlier takes, each with the last of
// them. One that got no undo point was not tried.
func (a *advance) loadTried(ctx context.Context, tx pgx.Tx) error {
	if a.run.Take <= 1 {
		return nil
	}
	rows, err := tx.Query(ctx, `
		SELECT key, max(take) FROM run_steps
		WHERE run_id = $1 AND state = 'failed' AND take < $2 AND failure_key <> $3 GROUP BY key`, a.run.ID, a.run.Take, noUndoPoint)
	if err != nil {
		return err
	}
	var key string
	var take int
	_, err = pgx.ForEachRow(rows, []any{&key, &take}, func() error {
		a.tried[key] = take
		return nil
	})
	return err
}

func (a *advance) loadWaits(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `
		SELECT key, kind, state = 'open', take, began_at, input, class, tries, answer FROM run_waits WHERE run_id = $1`, a.run.ID)
	if err != nil {
		return err
	}
	var w wait
	_, err = pgx.ForEachRow(rows, []any{&w.Key, &w.Kind, &w.Open, &w.Take, &w.Began, &w.Input, &w.Class, &w.Tries, &w.Answer}, func() error {
		a.waits[w.Key] = w
		a.noteBegun(w.Key)
		w = wait{}
		return nil
	})
	return err
}
