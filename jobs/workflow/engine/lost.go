package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const lostAfter = time.Minute

// SweepLost gives a job to runs that are to be worked on and have none: a worker
// that was thought dead, and completed the job of its successor, can leave such.
func (e *Engine) SweepLost(ctx context.Context) error {
	return e.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT r.id FROM runs r
			WHERE r.state = 'running' AND greatest(r.created_at, r.started_at) < $1
			  AND NOT EXISTS (SELECT FROM river_job j WHERE j.kind = 'run' AND j.args ->> 'id' = r.id::text
			                  AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))
			LIMIT 100 FOR UPDATE OF r SKIP LOCKED`, e.clock.Now().Add(-lostAfter))
		if err != nil {
			return fmt.Errorf("find lost runs: %w", err)
		}
		lost, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil || len(lost) == 0 {
			return err
		}
		e.log.WarnContext(ctx, "runs had no job", "runs", len(lost))
		return e.enqueue(ctx, tx, lost, share)
	})
}
