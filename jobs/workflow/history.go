package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/workflow/engine"
)

// KeepRuns is how long the history of a finished run is kept.
const KeepRuns = 90 * 24 * time.Hour

// SweepHistory deletes the runs that ended longer than KeepRuns ago, with their
// steps. The hourly figures stay.
func (w *Workflows) SweepHistory(ctx context.Context) error {
	if err := w.forgetTried(ctx); err != nil {
		return err
	}
	const batch = 500
	for {
		deleted := 0
		err := w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `
				DELETE FROM runs WHERE id IN (
					SELECT id FROM runs WHERE finished_at < $1 ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED)
				RETURNING id`, w.clock.Now().Add(-KeepRuns), batch)
			if err != nil {
				return fmt.Errorf("delete old runs: %w", err)
			}
			ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			if err != nil {
				return err
			}
			deleted = len(ids)
			if _, err := tx.Exec(ctx, `DELETE FROM run_waits WHERE run_id = ANY($1)`, ids); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `DELETE FROM run_step_rows WHERE run_id = ANY($1)`, ids)
			return err
		})
		if err != nil || deleted < batch {
			return err
		}
	}
}

// forgetTried deletes what was tested so long ago that no run of it is kept.
func (w *Workflows) forgetTried(ctx context.Context) error {
	return w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM workflow_versions WHERE number < 0 AND created_at < $1`, w.clock.Now().Add(-KeepRuns-engine.DefaultDeadline-24*time.Hour))
		if err != nil {
			return fmt.Errorf("delete old tests: %w", err)
		}
		return nil
	})
}
