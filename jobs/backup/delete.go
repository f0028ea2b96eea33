package backup

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/fail"
)

// Delete removes one snapshot before its time. Needs Manage and a step-up.
// Conflict while the clock is doubted (clock.fail.jumped), when it is held (backup.fail.held), younger than the minimum age
// (backup.fail.locked), or the last good one (backup.fail.last_good).
func (b *Backups) Delete(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	now := b.clock.Now()
	if err := actor.RequireStepUp(now); err != nil {
		return err
	}
	return b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		var plan uuid.UUID
		if err := lockLive(ctx, tx, id); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT plan_id FROM snapshots WHERE id = $1`, id).Scan(&plan); err != nil {
			return err
		}
		if err := b.watch.Check(ctx, tx, actor.Workspace); err != nil {
			return err
		}
		if err := refuseDelete(ctx, tx, plan, id, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE snapshots SET state = 'deleting' WHERE id = $1`, id); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, actor, now, audit.Event{Action: "snapshot.delete_asked", SubjectKind: "snapshot", SubjectID: id.String(), SubjectName: ShortID(id)}); err != nil {
			return err
		}
		return b.queue.Insert(ctx, tx, ExpiryArgs{ID: plan.String()})
	})
}

func refuseDelete(ctx context.Context, tx pgx.Tx, plan, id uuid.UUID, now time.Time) error {
	p, err := lockRetention(ctx, tx, plan)
	if err != nil {
		return err
	}
	items, err := itemsOf(ctx, tx, plan, now)
	if err != nil {
		return err
	}
	// With a policy that keeps nothing, what is left are the reasons nobody may break.
	for _, d := range Decide(Keep{MinAgeDays: p.binding().minAgeDays(now)}, time.UTC, now, items) {
		if d.ID != id {
			continue
		}
		say := map[Ground]bool{GroundErasure: false}
		if d.Keep {
			say[d.By] = true
		}
		switch _, by := Settle(say); {
		case by == GroundHold:
			return fail.New(fail.Conflict, "backup.fail.held")
		case by == GroundMinAge:
			return fail.New(fail.Conflict, "backup.fail.locked")
		case slices.Contains(d.Reasons, ReasonNewest):
			return fail.New(fail.Conflict, "backup.fail.last_good")
		}
	}
	return nil
}
