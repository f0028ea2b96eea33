package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// SaveKeep changes only what a plan keeps. Needs Manage, and a step-up as
// UpdatePlan does. Conflict when the revision is not the newest.
func (b *Backups) SaveKeep(ctx context.Context, actor account.Actor, plan uuid.UUID, revision int, keep Keep) error {
	var form fail.Form
	keep.Validate(&form)
	if err := form.Err(); err != nil {
		return err
	}
	return b.change(ctx, actor, account.Manage, plan, "plan.retention_changed", func(ctx context.Context, tx pgx.Tx, now time.Time, p Plan) (detail, error) {
		if p.Revision != revision {
			return nil, fail.New(fail.Conflict, "fail.conflict")
		}
		return b.revise(ctx, tx, actor, p, Rules{keep, p.Zone}, now)
	})
}

// revise puts new rules in force, for those who may delete what they let go of, and
// while the clock is trusted.
func (b *Backups) revise(ctx context.Context, tx pgx.Tx, actor account.Actor, p Plan, to Rules, now time.Time) (detail, error) {
	items, err := itemsOf(ctx, tx, p.ID, now)
	if err != nil {
		return nil, err
	}
	was := p.Binding()
	if was.Rules == to {
		_, err := tx.Exec(ctx, `UPDATE plans SET expiry_due_at = $2, revision = revision + 1 WHERE id = $1`, p.ID, now)
		return nil, err
	}
	if err := b.watch.Check(ctx, tx, actor.Workspace); err != nil {
		return nil, err // whom it would hit, and when the grace ends, can't be told
	}
	c, err := was.Change(to, b.grace, now, items)
	if err != nil {
		return nil, err
	}
	told := detail{}
	if c.Guarded() {
		if err := actor.RequireStepUp(now); err != nil {
			return nil, err
		}
		if len(was.pending(now)) >= mostEarlier {
			return nil, fail.New(fail.Conflict, "backup.fail.many_changes", "most", mostEarlier)
		}
		told = detail{"removes": c.Removes, "from": now.Add(b.grace)}
	}
	next := was.Revise(to, c, b.grace, now, actor.Name)
	_, err = tx.Exec(ctx, `
		UPDATE plans SET keep = $2, time_zone = $3, earlier_rules = $4, expiry_due_at = $5, revision = revision + 1 WHERE id = $1`,
		p.ID, to.Keep, to.Zone, next.Earlier, now)
	return told, err
}

// DeletePlan ends the schedule. Its snapshots stay, and expire by its rules once
// the grace is over; until then Undo brings it back. Needs Manage, and a step-up
// where there are snapshots.
func (b *Backups) DeletePlan(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	return b.change(ctx, actor, account.Manage, id, "plan.deleted", func(ctx context.Context, tx pgx.Tx, now time.Time, p Plan) (detail, error) {
		var left int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM snapshots WHERE plan_id = $1 AND state NOT IN ('deleted', 'deleting')`, id).Scan(&left); err != nil {
			return nil, err
		}
		told := detail{}
		if left > 0 {
			if err := actor.RequireStepUp(now); err != nil {
				return nil, err
			}
			if err := b.watch.Check(ctx, tx, actor.Workspace); err != nil {
				return nil, err
			}
			told = detail{"snapshots": left, "from": now.Add(b.grace)}
		}
		_, err := tx.Exec(ctx, `UPDATE plans SET deleted_at = $2, next_at = NULL, next_drill_at = NULL WHERE id = $1`, id, now)
		return told, err
	})
}

// Undo takes back what waits for the end of its grace: the plan's deletion, or the
// changes of what it keeps, all of them. Needs Manage. NotFound
// (backup.fail.nothing_waits) when there is nothing to undo any more.
func (b *Backups) Undo(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	return b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		now := b.clock.Now()
		p, deleted, err := b.waiting(ctx, tx, id, now)
		if err != nil {
			return err
		}
		action := "plan.restored"
		if deleted {
			err = bringBack(ctx, tx, p, now)
		} else if earlier := p.Binding().pending(now); len(earlier) == 0 {
			err = fail.New(fail.NotFound, "backup.fail.nothing_waits")
		} else {
			action = "plan.retention_undone"
			_, err = b.revise(ctx, tx, actor, p, earlier[0].Rules, now)
		}
		if err != nil {
			return err
		}
		return b.changed(ctx, tx, actor, now, action, id, nil)
	})
}

// waiting finds a plan that is there, or whose deletion can still be undone.
func (b *Backups) waiting(ctx context.Context, tx pgx.Tx, id uuid.UUID, now time.Time) (p Plan, deleted bool, err error) {
	rows, err := tx.Query(ctx, `
		SELECT `+planColumns+`, p.deleted_at IS NOT NULL FROM `+planTables+`
		WHERE p.id = $1 AND (p.deleted_at IS NULL OR p.deleted_at > $2) AND s.deleted_at IS NULL FOR UPDATE OF p`, id, now.Add(-b.grace))
	if err != nil {
		return Plan{}, false, fmt.Errorf("find what waits: %w", err)
	}
	type found struct {
		Plan
		Deleted bool
	}
	f, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[found])
	if db.NoRows(err) {
		return Plan{}, false, fail.New(fail.NotFound, "backup.fail.nothing_waits")
	}
	return f.Plan, f.Deleted, err
}

func bringBack(ctx context.Context, tx pgx.Tx, p Plan, now time.Time) error {
	in := PlanInput{Cron: p.Cron, EveryMinutes: p.EveryMinutes, Zone: p.Zone, DrillCron: p.DrillCron}
	next, drill, err := in.next(now)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE plans SET deleted_at = NULL, next_at = CASE WHEN paused_at IS NULL THEN $2::timestamptz END, next_drill_at = $3, revision = revision + 1
		WHERE id = $1`, p.ID, next, drill)
	return err
}

// DeletedPlan is one whose deletion can still be undone.
type DeletedPlan struct {
	Plan      Plan
	Snapshots int       // that are still there
	Until     time.Time // when its rules go on to let them go
}

// DeletedPlans of a source, newest deletion first. Needs View.
func (b *Backups) DeletedPlans(ctx context.Context, actor account.Actor, of uuid.UUID) (found []DeletedPlan, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+planColumns+`, (SELECT count(*) FROM snapshots n WHERE n.plan_id = p.id AND n.state NOT IN ('deleted', 'deleting')), p.deleted_at
			FROM `+planTables+` WHERE p.source_id = $1 AND p.deleted_at > $2 AND s.deleted_at IS NULL
			ORDER BY p.deleted_at DESC LIMIT 20`, of, b.clock.Now().Add(-b.grace))
		if err != nil {
			return err
		}
		type row struct {
			Plan
			Snapshots int
			DeletedAt time.Time
		}
		read, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		for _, r := range read {
			found = append(found, DeletedPlan{Plan: r.Plan, Snapshots: r.Snapshots, Until: r.DeletedAt.Add(b.grace)})
		}
		return err
	})
	return found, err
}
