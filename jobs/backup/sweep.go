package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/task"
)

const sweepBatch = 50

// SweepSchedules starts what is due. Several workers may sweep at once: each due
// plan is locked by one, and its backup and its next run are committed together.
func (b *Backups) SweepSchedules(ctx context.Context) error {
	for {
		found := 0
		err := b.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			found, err = b.startDue(ctx, tx, b.clock.Now())
			return err
		})
		if err != nil || found < sweepBatch {
			return err
		}
	}
}

type duePlan struct {
	Workspace uuid.UUID
	Plan
}

func (b *Backups) startDue(ctx context.Context, tx pgx.Tx, now time.Time) (int, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.workspace_id, `+planColumns+` FROM `+planTables+`
		WHERE p.next_at <= $1 AND p.deleted_at IS NULL AND p.paused_at IS NULL AND s.deleted_at IS NULL
		ORDER BY p.next_at LIMIT $2 FOR UPDATE OF p SKIP LOCKED`, now, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("find due plans: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[duePlan])
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		if err := b.startSlot(ctx, tx, d, now); err != nil {
			return 0, fmt.Errorf("plan %s: %w", d.ID, err)
		}
	}
	return len(due), nil
}

// startSlot serves the newest slot that has come. While an earlier backup of the
// plan still runs, the slot passes: that backup is the copy.
func (b *Backups) startSlot(ctx context.Context, tx pgx.Tx, d duePlan, now time.Time) error {
	slot, next, missed, due, err := d.Schedule().Due(*d.NextAt, now)
	if err != nil || !due {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE plans SET next_at = $2, last_slot = $3 WHERE id = $1`, d.ID, next, slot); err != nil {
		return err
	}
	var served bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM backups WHERE plan_id = $1 AND slot = $2)`, d.ID, slot).Scan(&served); err != nil || served {
		return err
	}
	_, err = b.begin(ctx, tx, account.System(d.Workspace), task.BySchedule, d.Plan, &slot, missed)
	if fail.Is(err, fail.Conflict) {
		return nil
	}
	return err
}

// SweepExpiry enqueues the retention of plans whose turn it is, each hour and
// after each backup.
func (b *Backups) SweepExpiry(ctx context.Context) error {
	return b.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := b.clock.Now()
		rows, err := tx.Query(ctx, `
			UPDATE plans SET expiry_due_at = $1::timestamptz + interval '1 hour'
			WHERE id IN (SELECT id FROM plans WHERE expiry_due_at <= $1 ORDER BY expiry_due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
			RETURNING id`, now, sweepBatch)
		if err != nil {
			return fmt.Errorf("find plans to expire: %w", err)
		}
		plans, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		for _, plan := range plans {
			if err := b.queue.Insert(ctx, tx, ExpiryArgs{ID: plan.String()}); err != nil {
				return err
			}
		}
		return nil
	})
}
