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
	Change    Change    // from the rules in force to the draft
	From      time.Time // when the draft would take effect: now, unless Change is guarded
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
	if r.Change, err = (Rules{r.Plan.Keep, r.Plan.Zone}).Change(Rules{r.Draft, r.Plan.Zone}, b.grace, now, items); err != nil {
		return Retention{}, err
	}
	if r.From = now; r.Change.Guarded() {
		r.From = now.Add(b.grace)
	}
	r.Preview = PreviewKeep(r.Plan.Keep, r.Draft, zone, now, items)
	decisions := Decide(r.Draft, zone, now, items)
	if r.Draft == r.Plan.Keep { // what holds now, earlier rules too
		if decisions, err = r.Plan.Binding().Decide(now, items); err != nil {
			return Retention{}, err
		}
	}
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
