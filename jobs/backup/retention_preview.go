package backup

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Preview tells what a draft policy would do. Bytes are estimates: what each
// snapshot added to the vault when it was taken; what others share stays.
type Preview struct {
	Deletes  []Lost
	Frees    int64
	Held     int // stay only because they are held
	Left     int
	LeftSize int64
}

// Lost counts the snapshots that lose the same last reason.
type Lost struct {
	Reason Reason
	Count  int
	Oldest time.Time
	Newest time.Time
}

// PreviewKeep compares a draft with the policy in force.
func PreviewKeep(current, draft Keep, zone *time.Location, now time.Time, items []Item) Preview {
	before := map[uuid.UUID]Decision{}
	for _, d := range Decide(current, zone, now, items) {
		before[d.ID] = d
	}
	var p Preview
	lost := map[Reason]*Lost{}
	for _, d := range Decide(draft, zone, now, items) {
		if d.Keep {
			p.Left++
			p.LeftSize += d.Bytes
			if len(d.Reasons) == 1 && d.Held {
				p.Held++
			}
			continue
		}
		was := before[d.ID]
		if !was.Keep {
			continue // goes anyway
		}
		p.Frees += d.Bytes
		reason := was.Reasons[len(was.Reasons)-1]
		group, ok := lost[reason]
		if !ok {
			group = &Lost{Reason: reason, Newest: d.TakenAt}
			lost[reason] = group
		}
		group.Count++
		group.Oldest = d.TakenAt
	}
	for _, reason := range reasons {
		if group, ok := lost[reason]; ok {
			p.Deletes = append(p.Deletes, *group)
		}
	}
	return p
}

// reasons in the order in which people read them.
var reasons = []Reason{ReasonNewest, ReasonLast, ReasonAll, ReasonHourly, ReasonDaily, ReasonWeekly, ReasonMonthly, ReasonYearly, ReasonHeld, ReasonLocked, ReasonDoubted, ReasonGrace, ReasonFuture}

// Kept counts the snapshots that one reason keeps; another may keep them too.
type Kept struct {
	Reason Reason
	Count  int
	Oldest time.Time
	Newest time.Time
}

// keptOf takes decisions newest first.
func keptOf(decisions []Decision) (kept []Kept) {
	groups := map[Reason]*Kept{}
	for _, d := range decisions {
		for _, reason := range d.Reasons {
			if groups[reason] == nil {
				groups[reason] = &Kept{Reason: reason, Newest: d.TakenAt}
			}
			groups[reason].Count++
			groups[reason].Oldest = d.TakenAt
		}
	}
	for _, reason := range reasons {
		if group := groups[reason]; group != nil {
			kept = append(kept, *group)
		}
	}
	return kept
}

// expiringOf is the next n that the rules let go of.
func expiringOf(decisions []Decision, n int) []Decision {
	dated := slices.DeleteFunc(slices.Clone(decisions), func(d Decision) bool { return !d.Keep || d.ExpiresAt.IsZero() })
	slices.SortStableFunc(dated, func(a, b Decision) int { return a.ExpiresAt.Compare(b.ExpiresAt) })
	return dated[:min(n, len(dated))]
}

// Total is how many snapshots the draft deletes.
func (p Preview) Total() (n int) {
	for _, lost := range p.Deletes {
		n += lost.Count
	}
	return n
}

// DayState is one cell of the retention calendar.
type DayState string

const (
	DayDrop DayState = "drop" // the draft deletes all that the day has
	DayHeld DayState = "held"
	DayKept DayState = "kept"
	DayMany DayState = "many"
	DayNone DayState = ""
	DaySoon DayState = "soon" // all of it expires within soonDays
)

const soonDays = 7

// Day is one date of the calendar.
type Day struct {
	Date  time.Time // midnight UTC of the date
	State DayState
	Count int
}

// Calendar is the year up to and with today, oldest first, from the decisions
// that the draft (or the policy in force) leads to.
func Calendar(zone *time.Location, now time.Time, decisions []Decision) []Day {
	today := dateOf(now.In(zone))
	byDate := map[date][]Decision{}
	for _, d := range decisions {
		taken := dateOf(d.TakenAt.In(zone))
		byDate[taken] = append(byDate[taken], d)
	}
	days := make([]Day, 0, 366)
	for back := 365; back >= 0; back-- {
		d := today.add(-back)
		days = append(days, Day{Date: d.utc(), State: dayState(byDate[d], now), Count: len(byDate[d])})
	}
	return days
}

func dayState(decisions []Decision, now time.Time) DayState {
	kept := slices.DeleteFunc(slices.Clone(decisions), func(d Decision) bool { return !d.Keep })
	soon := func(d Decision) bool { return !d.ExpiresAt.IsZero() && d.ExpiresAt.Before(now.AddDate(0, 0, soonDays)) }
	switch {
	case len(decisions) == 0:
		return DayNone
	case len(kept) == 0:
		return DayDrop
	case slices.ContainsFunc(kept, func(d Decision) bool { return d.Held }):
		return DayHeld
	case !slices.ContainsFunc(kept, func(d Decision) bool { return !soon(d) }):
		return DaySoon
	case len(kept) > 1:
		return DayMany
	default:
		return DayKept
	}
}
