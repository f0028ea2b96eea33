package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// Every is the longest gap between the next runs of a drill schedule; 0 for
// none. It is what ProofFor takes.
func Every(cron, zone string, now time.Time) time.Duration {
	const looked = 8 // a week of a daily line, and then some
	if cron == "" {
		return 0
	}
	runs, err := backup.Schedule{Cron: cron, Zone: zone}.Preview(now, looked)
	if err != nil {
		return 0
	}
	var longest time.Duration
	for i := 1; i < len(runs); i++ {
		longest = max(longest, runs[i].Sub(runs[i-1]))
	}
	return longest
}

// SweepSchedules starts the drills that are due, in every workspace: one for each
// plan, however many of its slots went by. A plan that has no good copy yet, or
// whose last drill still runs, lets the slot pass.
func (d *Drills) SweepSchedules(ctx context.Context) error {
	const batch = 100
	return d.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := d.clock.Now()
		plans, err := duePlans(ctx, tx, now, batch)
		if err != nil {
			return err
		}
		for _, p := range plans {
			if err := d.serve(ctx, tx, p, now); err != nil {
				return fmt.Errorf("drill of plan %s: %w", p.ID, err)
			}
		}
		return d.proveDoubted(ctx, tx, now, batch)
	})
}

// proveDoubted proves copies again that were read whole and were not what was
// recorded: only another proof can tell whether that was the copy's fault.
func (d *Drills) proveDoubted(ctx context.Context, tx pgx.Tx, now time.Time, limit int) error {
	rows, err := tx.Query(ctx, `SELECT n.plan_id, n.id FROM snapshots n
		WHERE n.reread_at <= $1 AND n.health = 'doubted' AND n.state = 'good' AND n.doubt ->> 'cause' = 'content'
		  AND NOT EXISTS (SELECT FROM drills d WHERE d.snapshot_id = n.id AND d.passed IS NULL AND d.created_at > $1::timestamptz - interval '5 minutes')
		ORDER BY n.reread_at LIMIT $2 FOR UPDATE SKIP LOCKED`, now, limit)
	if err != nil {
		return fmt.Errorf("look for doubted copies: %w", err)
	}
	type doubted struct{ Plan, Snapshot uuid.UUID }
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[doubted])
	if err != nil {
		return err
	}
	for _, c := range due {
		p, err := lockPlan(ctx, tx, c.Plan)
		if fail.Is(err, fail.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = d.insert(ctx, tx, account.System(p.Workspace), task.BySystem, p, &c.Snapshot, nil)
		if err != nil && !fail.Is(err, fail.Conflict) {
			return err
		}
	}
	return nil
}

func (d *Drills) serve(ctx context.Context, tx pgx.Tx, p planRow, now time.Time) error {
	slot, next, _, due, err := backup.Schedule{Cron: p.DrillCron, Zone: p.Zone}.Due(*p.NextAt, now)
	if err != nil {
		return stopSchedule(ctx, tx, p.ID) // a line that can't be read would block all others
	}
	if !due {
		return nil
	}
	if err := moveSchedule(ctx, tx, p.ID, slot, next); err != nil {
		return err
	}
	served, err := slotServed(ctx, tx, p.ID, slot)
	if err != nil || served || !p.HasCopy {
		return err
	}
	_, err = d.insert(ctx, tx, account.System(p.Workspace), task.BySchedule, p, nil, &slot)
	if fail.Is(err, fail.Conflict) {
		return nil
	}
	return err
}

func duePlans(ctx context.Context, tx pgx.Tx, now time.Time, limit int) ([]planRow, error) {
	rows, err := tx.Query(ctx, `SELECT `+planColumns+` FROM plans p JOIN sources s ON s.id = p.source_id
		WHERE p.next_drill_at <= $1 AND p.deleted_at IS NULL AND s.deleted_at IS NULL AND p.paused_at IS NULL AND p.drill_cron <> ''
		ORDER BY p.next_drill_at LIMIT $2 FOR UPDATE OF p SKIP LOCKED`, now, limit)
	if err != nil {
		return nil, fmt.Errorf("look for due drills: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[planRow])
}
