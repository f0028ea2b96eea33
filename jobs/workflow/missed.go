package workflow

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/backup"
)

// SkipMissed moves every schedule whose slot has passed on to its next one, and
// starts nothing: after a recovery those slots may have been served already.
func (w *Workflows) SkipMissed(ctx context.Context, tx pgx.Tx, now time.Time) error {
	rows, err := tx.Query(ctx, `SELECT workflow_id, cron, every_minutes, time_zone, next_at FROM workflow_triggers WHERE next_at <= $1`, now)
	if err != nil {
		return err
	}
	type trigger struct {
		Workflow uuid.UUID
		Cron     string
		Minutes  int
		Zone     string
		NextAt   time.Time
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[trigger])
	if err != nil {
		return err
	}
	for _, d := range due {
		schedule := backup.Schedule{Cron: d.Cron, Every: time.Duration(d.Minutes) * time.Minute, Zone: d.Zone}
		_, next, _, isDue, err := schedule.Due(d.NextAt, now)
		if err != nil {
			return err
		}
		if !isDue {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE workflow_triggers SET next_at = $2 WHERE workflow_id = $1`, d.Workflow, next); err != nil {
			return err
		}
	}
	return nil
}
