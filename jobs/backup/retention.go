package backup

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/fail"
)

// Keep says which snapshots a plan keeps. Each of the days is a span of local
// calendar days that counts today: DailyDays 30 keeps one snapshot of each of
// the last 30 dates. A bucket's representative is its newest snapshot, as in
// restic's and kopia's policies: once a date, week or month is over, its
// representative never changes, so that every later rule finds it.
type Keep struct {
	Last        int `json:"last"`         // the newest N
	AllDays     int `json:"all_days"`     // every snapshot
	HourlyDays  int `json:"hourly_days"`  // one an hour
	DailyDays   int `json:"daily_days"`   // one a date
	WeeklyDays  int `json:"weekly_days"`  // one an ISO week
	MonthlyDays int `json:"monthly_days"` // one a month
	YearlyDays  int `json:"yearly_days"`  // one a year
	MaxAgeDays  int `json:"max_age_days"` // none of the rules above reaches further; 0: no limit
	MinAgeDays  int `json:"min_age_days"` // nobody removes younger ones
}

// DefaultKeep is one a day for 30 days, one a week for 90, one a month for 365.
func DefaultKeep() Keep {
	return Keep{AllDays: 2, DailyDays: 30, WeeklyDays: 90, MonthlyDays: 365}
}

const (
	longestKeepDays = 3660 // ten years
	mostLast        = 10_000
)

// Validate adds what is wrong: fields keep.last, keep.all_days, ….
func (k Keep) Validate(form *fail.Form) {
	form.Check(k.Last >= 0 && k.Last <= mostLast, "keep.last", "backup.field.keep_last", "most", mostLast)
	days := []struct {
		name string
		n    int
	}{
		{"all_days", k.AllDays}, {"hourly_days", k.HourlyDays}, {"daily_days", k.DailyDays}, {"weekly_days", k.WeeklyDays},
		{"monthly_days", k.MonthlyDays}, {"yearly_days", k.YearlyDays}, {"max_age_days", k.MaxAgeDays}, {"min_age_days", k.MinAgeDays},
	}
	for _, d := range days {
		form.Check(d.n >= 0 && d.n <= longestKeepDays, "keep."+d.name, "backup.field.keep_days", "most", longestKeepDays)
	}
	form.Check(k.MaxAgeDays == 0 || k.MaxAgeDays >= k.MinAgeDays, "keep.max_age_days", "backup.field.keep_order")
}

// Reason is why a snapshot is kept; its words are backup.reason.<reason>.
type Reason string

const (
	ReasonAll     Reason = "all"
	ReasonDaily   Reason = "daily"
	ReasonDoubted Reason = "doubted" // none sound is newer: only a person removes it
	ReasonFuture  Reason = "future"  // taken after now: a clock went backward
	ReasonGrace   Reason = "grace"   // rules before a change keep it until the change's grace is over
	ReasonHeld    Reason = "held"
	ReasonHourly  Reason = "hourly"
	ReasonLast    Reason = "last"
	ReasonLocked  Reason = "locked" // younger than the minimum age
	ReasonMonthly Reason = "monthly"
	ReasonNewest  Reason = "newest" // the last sound one is never removed
	ReasonWeekly  Reason = "weekly"
	ReasonYearly  Reason = "yearly"
)

// Item is a snapshot as retention sees it.
type Item struct {
	ID      uuid.UUID
	TakenAt time.Time
	Health  Health
	Held    bool
	Bytes   int64 // stored for it alone, when taken
}

// Decision is what retention says of one snapshot. ExpiresAt is when the rules
// let go of it if no newer one takes its place before; zero while nothing dates it.
type Decision struct {
	Item
	Keep      bool
	By        Ground // that decided
	Reasons   []Reason
	ExpiresAt time.Time
}

// Decide is newest first. It removes nothing that is held, locked, from the
// future, the newest sound snapshot or the newest of all. One that is not sound
// keeps the place it would have if it were, beside the sound one of the same
// bucket: damaged ones take places only from each other, a doubted one from
// nobody and nobody from it. So doubt never removes a copy.
func Decide(k Keep, zone *time.Location, now time.Time, items []Item) []Decision {
	decisions := make([]Decision, len(items))
	for i, item := range items {
		decisions[i] = Decision{Item: item}
	}
	slices.SortStableFunc(decisions, func(a, b Decision) int {
		return cmp.Or(b.TakenAt.Compare(a.TakenAt), cmp.Compare(b.ID.String(), a.ID.String()))
	})
	today := dateOf(now.In(zone))
	buckets := k.buckets(zone)
	all := standing{sound: newPlaces(buckets), damaged: newPlaces(buckets)}
	for i := range decisions {
		d := &decisions[i]
		if d.TakenAt.After(now) {
			d.reason(ReasonFuture, time.Time{})
		} else {
			k.apply(d, all.places(d), today, zone)
		}
		say := map[Ground]bool{GroundRules: len(d.Reasons) > 0}
		if d.Held {
			say[GroundHold] = true
			d.reason(ReasonHeld, time.Time{})
		}
		if until := d.TakenAt.AddDate(0, 0, k.MinAgeDays); k.MinAgeDays > 0 && until.After(now) {
			say[GroundMinAge] = true
			d.reason(ReasonLocked, until)
		}
		d.Keep, d.By = Settle(say)
	}
	return decisions
}

// bucket is one rule: which bucket a snapshot falls into, and for how many days.
type bucket struct {
	reason Reason
	days   int
	of     func(time.Time) int
}

func (k Keep) buckets(zone *time.Location) []bucket {
	day := func(t time.Time) int { return int(dateOf(t.In(zone)).utc().Unix() / 86400) }
	all := []bucket{
		{ReasonHourly, k.HourlyDays, func(t time.Time) int { return day(t)*24 + t.In(zone).Hour() }},
		{ReasonDaily, k.DailyDays, day},
		{ReasonWeekly, k.WeeklyDays, func(t time.Time) int { year, week := t.In(zone).ISOWeek(); return year*100 + week }},
		{ReasonMonthly, k.MonthlyDays, func(t time.Time) int { return t.In(zone).Year()*100 + int(t.In(zone).Month()) }},
		{ReasonYearly, k.YearlyDays, func(t time.Time) int { return t.In(zone).Year() }},
	}
	return slices.DeleteFunc(all, func(b bucket) bool { return b.days == 0 })
}

// standing is what the snapshots so far, newest first, have taken.
type standing struct {
	sound, damaged *places
	seen           int
}

// places are those that d competes for. The newest of all, the newest sound one
// and doubted ones before it stay, whatever the rules say.
func (s *standing) places(d *Decision) *places {
	s.seen++
	switch {
	case d.Health == Sound && s.sound.taken == 0:
		d.reason(ReasonNewest, time.Time{})
	case s.seen == 1, d.Health == Doubted && s.sound.taken == 0:
		d.reason(ReasonDoubted, time.Time{})
	}
	switch d.Health {
	case Sound:
		return s.sound
	case Damaged:
		return s.damaged
	}
	alone := newPlaces(s.sound.buckets)
	alone.taken = s.sound.taken
	return alone
}

// places are those that snapshots of one health take from each other.
type places struct {
	taken   int // snapshots so far
	buckets []bucket
	seen    []map[int]bool // of each bucket
}

func newPlaces(buckets []bucket) *places {
	p := &places{buckets: buckets, seen: make([]map[int]bool, len(buckets))}
	for i := range p.seen {
		p.seen[i] = map[int]bool{}
	}
	return p
}

// apply gives a snapshot, newest first, the reasons that the policy has for it.
func (k Keep) apply(d *Decision, p *places, today date, zone *time.Location) {
	taken := dateOf(d.TakenAt.In(zone))
	p.taken++
	tooOld := k.MaxAgeDays > 0 && taken.daysUntil(today) >= k.MaxAgeDays
	reach := func(days int) (until time.Time, within bool) {
		if k.MaxAgeDays > 0 {
			days = min(days, k.MaxAgeDays)
		}
		return taken.add(days).at(0, 0, zone), taken.daysUntil(today) < days
	}
	if p.taken <= k.Last && !tooOld {
		d.reason(ReasonLast, time.Time{})
	}
	if until, within := reach(k.AllDays); within {
		d.reason(ReasonAll, until)
	}
	for i, b := range p.buckets {
		key := b.of(d.TakenAt)
		if p.seen[i][key] {
			continue
		}
		p.seen[i][key] = true
		if until, within := reach(b.days); within {
			d.reason(b.reason, until)
		}
	}
}

// reason adds one; until zero means "nothing dates it".
func (d *Decision) reason(r Reason, until time.Time) {
	if len(d.Reasons) > 0 && (d.ExpiresAt.IsZero() || until.IsZero()) {
		d.ExpiresAt = time.Time{}
	} else if until.After(d.ExpiresAt) || len(d.Reasons) == 0 {
		d.ExpiresAt = until
	}
	d.Reasons = append(d.Reasons, r)
}
