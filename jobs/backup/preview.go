package backup

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
)

// Retention is what a plan keeps, and what a draft would change. Sizes are bytes
// and estimates: what each snapshot added to the vault when it was taken.
type Retention struct {
	Plan      Plan
	Draft     Keep
	Preview   Preview
	Days      []Day      // the year up to today, as the draft would leave it
	Kept      []Kept     // by the draft
	Expiring  []Decision // what goes next by the draft, soonest first, at most 8
	Snapshots int
	Bytes     int64
	Oldest    *time.Time
}

// RetentionPreview shows the policy in force, or with draft what saving it would
// do; nothing changes. Needs View. Invalid: fields keep.….
func (b *Backups) RetentionPreview(ctx context.Context, actor account.Actor, plan uuid.UUID, draft *Keep) (r Retention, err error) {
	if err := actor.Require(account.View); err != nil {
		return Retention{}, err
	}
	if draft != nil {
		var form fail.Form
		draft.Validate(&form)
		if err := form.Err(); err != nil {
			return Retention{}, err
		}
	}
	now := b.clock.Now()
	var items []Item
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if r.Plan, err = findPlan(ctx, tx, plan, ""); err != nil {
			return err
		}
		items, err = itemsOf(ctx, tx, plan, now)
		return err
	})
	if err != nil {
		return Retention{}, err
	}
	zone, err := time.LoadLocation(r.Plan.Zone)
	if err != nil {
		return Retention{}, err
	}
	r.Draft = r.Plan.Keep
	if draft != nil {
		r.Draft = *draft
	}
	r.Preview = PreviewKeep(r.Plan.Keep, r.Draft, zone, now, items)
	decisions := Decide(r.Draft, zone, now, items)
	r.Days, r.Kept, r.Expiring = Calendar(zone, now, decisions), keptOf(decisions), expiringOf(decisions, 8)
	for i, item := range items {
		r.Snapshots++
		r.Bytes += item.Bytes
		if r.Oldest == nil || item.TakenAt.Before(*r.Oldest) {
			r.Oldest = &items[i].TakenAt
		}
	}
	return r, nil
}

// SaveKeep changes only what a plan keeps. Needs Manage. Conflict when the
// revision is not the newest.
func (b *Backups) SaveKeep(ctx context.Context, actor account.Actor, plan uuid.UUID, revision int, keep Keep) error {
	var form fail.Form
	keep.Validate(&form)
	if err := form.Err(); err != nil {
		return err
	}
	return b.change(ctx, actor, account.Manage, plan, "plan.retention_changed", func(ctx context.Context, tx pgx.Tx, now time.Time, p Plan) error {
		if p.Revision != revision {
			return fail.New(fail.Conflict, "fail.conflict")
		}
		_, err := tx.Exec(ctx, `UPDATE plans SET keep = $2, expiry_due_at = $3, revision = revision + 1 WHERE id = $1`, plan, keep, now)
		return err
	})
}
