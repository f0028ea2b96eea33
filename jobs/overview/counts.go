package overview

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Counts is what the metrics page tells of queues and tasks, over all workspaces.
type Counts struct {
	Jobs   []JobCount
	Oldest []JobWait
	Tasks  []TaskCount
}

// JobCount counts jobs of a queue in a state.
type JobCount struct {
	Queue string
	State string
	Count int64
}

// JobWait is how long the oldest runnable job of a queue has waited.
type JobWait struct {
	Queue   string
	Seconds float64
}

// TaskCount counts finished tasks.
type TaskCount struct {
	Kind  string
	State string
	Count int64
}

// Counts is for Prometheus; no workspace is named in it.
func (o *Overview) Counts(ctx context.Context) (c Counts, err error) {
	err = o.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if c.Jobs, err = collect[JobCount](ctx, tx, `SELECT queue, state::text, count(*) FROM river_job GROUP BY queue, state`); err != nil {
			return err
		}
		if c.Oldest, err = collect[JobWait](ctx, tx, `
			SELECT queue, extract(epoch FROM now() - min(scheduled_at))::float8 FROM river_job
			WHERE state = 'available' GROUP BY queue`); err != nil {
			return err
		}
		c.Tasks, err = collect[TaskCount](ctx, tx, `
			SELECT kind, state, count(*) FROM tasks WHERE state IN ('canceled', 'failed', 'succeeded') GROUP BY kind, state`)
		return err
	})
	return c, err
}

func collect[T any](ctx context.Context, tx pgx.Tx, sql string) ([]T, error) {
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}
