package recovery

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/vault/kopia"
)

// How long dumps are kept: all of two days, one a day for two months, one a month
// for good.
const (
	keepAll   = 48 * time.Hour
	keepDaily = 60 * 24 * time.Hour
	// mostDropped bounds what one dump makes way for: a clock that jumps costs two.
	mostDropped = 2
)

// spent picks the dumps that have no place any more, oldest first. The age is that
// against the newest.
func spent(all []kopia.Kept) (ids []string) {
	all = slices.DeleteFunc(slices.Clone(all), func(k kopia.Kept) bool { return !k.Complete || k.Source != sourceName })
	slices.SortFunc(all, func(a, b kopia.Kept) int { return b.Start.Compare(a.Start) })
	seen := map[string]bool{}
	for i, k := range all {
		age, place := all[0].Start.Sub(k.Start), k.Start.UTC().Format("2006-01")
		if age <= keepDaily {
			place = k.Start.UTC().Format("2006-01-02")
		}
		if i > 0 && age > keepAll && seen[place] {
			ids = append(ids, k.ID)
		}
		seen[place] = true
	}
	slices.Reverse(ids)
	return ids[:min(len(ids), mostDropped)]
}

// tidy drops spent dumps, and once a day gives their room back.
func (r *Recovery) tidy(ctx context.Context, repo *kopia.Repository, now time.Time) error {
	all, err := repo.Snapshots(ctx)
	if err != nil {
		return err
	}
	if ids := spent(all); len(ids) > 0 {
		if err := repo.Delete(ctx, ids...); err != nil {
			return err
		}
	}
	return r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE recovery_state SET maintained_at = $1 WHERE coalesce(maintained_at < $1::timestamptz - interval '1 day', chosen_at < $1::timestamptz - interval '1 day')`, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = repo.Maintain(ctx, true)
		return err
	})
}
