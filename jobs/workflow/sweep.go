package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/backup"
	"levqor/jobs/workflow/engine"
)

const sweepBatch = 100

type dueTrigger struct {
	Workflow  uuid.UUID
	Workspace uuid.UUID
	Version   uuid.UUID
	Cron      string
	Minutes   int
	Zone      string
	NextAt    time.Time
	Deadline  int // minutes
}

// SweepAhead plans anew what lies further ahead than its schedule puts it, and waits
// that began in what is now the future: the clock went forward and came back.
func (w *Workflows) SweepAhead(ctx context.Context) error {
	return w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := w.clock.Now()
		rows, err := tx.Query(ctx, `
			SELECT workflow_id, cron, every_minutes, time_zone, next_at FROM workflow_triggers WHERE next_at > $1 FOR UPDATE SKIP LOCKED`, now)
		if err != nil {
			return fmt.Errorf("look for workflows far ahead: %w", err)
		}
		type row struct {
			Workflow uuid.UUID
			Cron     string
			Minutes  int
			Zone     string
			NextAt   *time.Time
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			return err
		}
		for _, t := range found {
			next, err := backup.TooFar(backup.Schedule{Cron: t.Cron, Every: time.Duration(t.Minutes) * time.Minute, Zone: t.Zone}, t.NextAt, now)
			if err != nil {
				return fmt.Errorf("workflow %s: %w", t.Workflow, err)
			}
			if next == nil {
				continue
			}
			if _, err := tx.Exec(ctx, `UPDATE workflow_triggers SET next_at = $2 WHERE workflow_id = $1`, t.Workflow, next); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `
			UPDATE run_waits SET wake_at = $1::timestamptz + (wake_at - began_at), began_at = $1
			WHERE state = 'open' AND wake_at > $1 AND began_at > $1::timestamptz + interval '1 day'`, now)
		return err
	})
}

// SweepSchedules starts the runs that are due, each slot once. Of slots that
// passed unserved the newest is caught up. Several workers may sweep at once.
func (w *Workflows) SweepSchedules(ctx context.Context) error {
	for {
		found := 0
		err := w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			found, err = w.startDue(ctx, tx, w.clock.Now())
			return err
		})
		if err != nil || found < sweepBatch {
			return err
		}
	}
}

func (w *Workflows) startDue(ctx context.Context, tx pgx.Tx, now time.Time) (int, error) {
	rows, err := tx.Query(ctx, `
		SELECT t.workflow_id, t.workspace_id, w.live_version_id, t.cron, t.every_minutes, t.time_zone, t.next_at,
			coalesce((v.definition -> 'settings' ->> 'deadline_minutes')::int, 0)
		FROM workflow_triggers t JOIN workflows w ON w.id = t.workflow_id JOIN workflow_versions v ON v.id = w.live_version_id
		WHERE t.next_at <= $1 AND w.paused_at IS NULL AND w.deleted_at IS NULL
		ORDER BY t.next_at LIMIT $2 FOR UPDATE OF t SKIP LOCKED`, now, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("find due workflows: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[dueTrigger])
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		schedule := backup.Schedule{Cron: d.Cron, Every: time.Duration(d.Minutes) * time.Minute, Zone: d.Zone}
		slot, next, missed, isDue, err := schedule.Due(d.NextAt, now)
		if err != nil || !isDue {
			return 0, err
		}
		if _, err := tx.Exec(ctx, `UPDATE workflow_triggers SET next_at = $2 WHERE workflow_id = $1`, d.Workflow, next); err != nil {
			return 0, err
		}
		at := slot.UTC().Format(time.RFC3339)
		if _, err := w.engine.StartIn(ctx, tx, []engine.New{{
			Workspace: d.Workspace, Workflow: d.Workflow, Version: d.Version, Cause: engine.CauseSchedule, Dedup: "slot/" + at,
			Input: map[string]any{"at": at, "missed": missed}, Deadline: time.Duration(d.Deadline) * time.Minute,
		}}); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}
