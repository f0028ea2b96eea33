package workflow

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// SweepHours writes down, an hour a row, how the runs that ended went. The newest
// hours are reckoned anew each time, so that a repeated sweep changes nothing.
// Test runs don't count.
func (w *Workflows) SweepHours(ctx context.Context) error {
	return w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			WITH since AS (
				SELECT date_trunc('hour', least(
					coalesce((SELECT max(hour) FROM run_hours), (SELECT min(finished_at) FROM runs), $1::timestamptz), $1::timestamptz - interval '1 hour'), 'UTC') AS at
			), ended AS (
				SELECT r.id, r.workflow_id, r.workspace_id, r.state, r.failure_key, date_trunc('hour', r.finished_at, 'UTC') AS hour,
					least(31, greatest(0, floor(log(2, greatest(1, extract(epoch FROM r.finished_at - r.started_at) * 1000)))))::int AS bucket
				FROM runs r, since WHERE r.finished_at >= since.at AND r.cause <> 'test'
			), counted AS (
				SELECT workflow_id, workspace_id, hour, count(*) FILTER (WHERE state = 'succeeded') AS succeeded, count(*) FILTER (WHERE state = 'failed') AS failed,
					count(*) FILTER (WHERE state = 'canceled') AS canceled
				FROM ended GROUP BY 1, 2, 3
			), buckets AS (
				SELECT workflow_id, hour, array_agg(n ORDER BY bucket) AS took FROM (
					SELECT k.workflow_id, k.hour, b.bucket, count(e.id)::bigint AS n
					FROM (SELECT DISTINCT workflow_id, hour FROM ended) k CROSS JOIN generate_series(0, 31) AS b (bucket)
					LEFT JOIN ended e ON e.workflow_id = k.workflow_id AND e.hour = k.hour AND e.bucket = b.bucket AND e.state = 'succeeded'
					GROUP BY 1, 2, 3) q GROUP BY 1, 2
			), causes AS (
				SELECT workflow_id, hour, jsonb_object_agg(failure_key, n) AS causes FROM (
					SELECT workflow_id, hour, failure_key, count(*) AS n FROM ended WHERE state = 'failed' GROUP BY 1, 2, 3) q GROUP BY 1, 2
			), steps AS (
				SELECT workflow_id, hour, jsonb_object_agg(step_id, jsonb_build_array(n, us)) AS steps FROM (
					SELECT e.workflow_id, e.hour, s.step_id, count(*) AS n, sum(s.took_us) AS us
					FROM ended e JOIN run_steps s ON s.run_id = e.id GROUP BY 1, 2, 3) q GROUP BY 1, 2
			)
			INSERT INTO run_hours (workflow_id, hour, workspace_id, succeeded, failed, canceled, took_ms, causes, steps)
			SELECT c.workflow_id, c.hour, c.workspace_id, c.succeeded, c.failed, c.canceled, b.took, coalesce(x.causes, '{}'), coalesce(s.steps, '{}')
			FROM counted c JOIN buckets b USING (workflow_id, hour) LEFT JOIN causes x USING (workflow_id, hour) LEFT JOIN steps s USING (workflow_id, hour)
			JOIN workflows w ON w.id = c.workflow_id
			ON CONFLICT (workflow_id, hour) DO UPDATE SET succeeded = excluded.succeeded, failed = excluded.failed, canceled = excluded.canceled,
				took_ms = excluded.took_ms, causes = excluded.causes, steps = excluded.steps`, w.clock.Now()); err != nil {
			return fmt.Errorf("reckon the hours: %w", err)
		}
		return nil
	})
}
