package plans

import (
	"context"
	"strconv"

	"levqor/jobs/backup"
	"levqor/locales"
)

// reach is how far a slider goes: at least to what is there.
func reach(r rule, values ...string) int {
	most := r.Most
	for _, value := range values {
		if n, err := strconv.Atoi(value); err == nil {
			most = max(most, n)
		}
	}
	return most
}

// invalid reports whether the draft can't be previewed at all.
func (k Keeping) invalid() bool {
	for _, problem := range k.Problems {
		if problem.Field != "" {
			return true
		}
	}
	return false
}

func sum(ctx context.Context, k Keeping) string {
	switch n := k.Retention.Preview.Total(); {
	case n > 0:
		return locales.N(ctx, "plans.what.deletes", n, "size", locales.Bytes(ctx, k.Retention.Preview.Frees))
	case k.Retention.Change.Removes > 0:
		return locales.N(ctx, "plans.what.later", k.Retention.Change.Removes)
	case k.Retention.Change.Unlocks > 0:
		return locales.N(ctx, "plans.what.unlocks", k.Retention.Change.Unlocks)
	case k.Changes() > 0:
		return locales.T(ctx, "plans.what.nothing")
	default:
		return locales.T(ctx, "plans.what.same")
	}
}

// span is which snapshots one reason loses: "Daily, 25 Oct to 3 Nov".
func span(ctx context.Context, lost backup.Lost) string {
	from, to := locales.Date(ctx, lost.Oldest), locales.Date(ctx, lost.Newest)
	reason := locales.T(ctx, "backup.reason."+string(lost.Reason))
	if from == to {
		return locales.T(ctx, "plans.what.one_day", "reason", reason, "date", from)
	}
	return locales.T(ctx, "plans.what.days", "reason", reason, "from", from, "to", to)
}

func holdsURL(p backup.Plan) string { return "/snapshots?source=" + p.SourceID.String() }
