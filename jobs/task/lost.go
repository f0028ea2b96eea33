package task

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Lost is unfinished tasks that were silent since before that moment and have no
// job that waits or runs.
func Lost(ctx context.Context, tx pgx.Tx, before time.Time) ([]Task, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+Columns+` FROM tasks t
		WHERE t.state IN ('queued', 'running') AND NOT t.waits AND greatest(t.created_at, t.progress_at, t.retry_at) < $1
		  AND NOT EXISTS (SELECT FROM river_job j WHERE j.kind = t.kind AND j.args ->> 'id' = t.id::text
		                  AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))
		ORDER BY t.created_at LIMIT 100 FOR UPDATE OF t SKIP LOCKED`, before)
	if err != nil {
		return nil, fmt.Errorf("find lost tasks: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Task])
}
