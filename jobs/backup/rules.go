package backup

import (
	"fmt"
	"slices"
	"time"
)

// Rules are what a plan keeps, and in which zone its days begin.
type Rules struct {
	Keep Keep   `json:"keep"`
	Zone string `json:"zone"`
}

// Earlier are rules that a change replaced. Until the change's grace is over no
// snapshot goes that they keep, and the change can be undone.
type Earlier struct {
	Rules
	Until   time.Time `json:"until"`
	At      time.Time `json:"at"` // when the change was made
	By      string    `json:"by"`
	Removes int       `json:"removes"` // snapshots, as counted when the change was made
}

// Binding is all that keeps a plan's snapshots: its rules, and earlier ones whose
// grace lasts, the oldest first.
type Binding struct {
	Rules
	Earlier []Earlier
}

// DefaultGrace is how long a change that removes snapshots can be undone.
const DefaultGrace = 7 * 24 * time.Hour

// Decide keeps what any rules that bind keep; newest first.
func (b Binding) Decide(now time.Time, items []Item) ([]Decision, error) {
	decisions, err := b.decide(now, items)
	if err != nil {
		return nil, err
	}
	for _, e := range b.pending(now) {
		before, err := e.decide(now, items)
		if err != nil {
			return nil, err
		}
		for i, d := range before {
			if d.Keep {
				decisions[i].grace(d, e.Until)
			}
		}
	}
	return decisions, nil
}

func (r Rules) decide(now time.Time, items []Item) ([]Decision, error) {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return nil, fmt.Errorf("days of the retention: %w", err)
	}
	return Decide(r.Keep, zone, now, items), nil
}

// grace keeps what only earlier rules keep, for as long as both last.
func (d *Decision) grace(before Decision, until time.Time) {
	if d.Keep && !slices.Contains(d.Reasons, ReasonGrace) {
		return
	}
	if !before.ExpiresAt.IsZero() && before.ExpiresAt.Before(until) {
		until = before.ExpiresAt
	}
	if d.Keep = true; len(d.Reasons) == 0 {
		d.reason(ReasonGrace, until)
	} else if until.After(d.ExpiresAt) {
		d.ExpiresAt = until
	}
}

func (b Binding) pending(now time.Time) (bound []Earlier) {
	for _, e := range b.Earlier {
		if e.Until.After(now) {
			bound = append(bound, e)
		}
	}
	return bound
}

// minAgeDays is the longest minimum age that binds.
func (b Binding) minAgeDays(now time.Time) int {
	days := b.Keep.MinAgeDays
	for _, e := range b.pending(now) {
		days = max(days, e.Keep.MinAgeDays)
	}
	return days
}

// Change is what new rules do to snapshots that are kept now. Removes counts those
// that they let go of: at once, or, where that is none, before the grace ends.
type Change struct {
	Removes int
	Unlocks int // snapshots that a lower minimum age lets somebody delete
}

// Guarded reports whether the change needs what deleting a snapshot needs.
func (c Change) Guarded() bool { return c.Removes > 0 || c.Unlocks > 0 }

// Change compares new rules with the present ones; earlier ones bind on whatever
// comes after them.
func (r Rules) Change(to Rules, grace time.Duration, now time.Time, items []Item) (c Change, err error) {
	if r == to {
		return Change{}, nil
	}
	if c.Removes, err = r.lost(to, now, items); err == nil && c.Removes == 0 {
		c.Removes, err = r.lost(to, now.Add(grace), items)
	}
	if err != nil {
		return Change{}, err
	}
	for _, item := range items {
		locked := func(days int) bool { return item.TakenAt.AddDate(0, 0, days).After(now) }
		if locked(r.Keep.MinAgeDays) && !locked(to.Keep.MinAgeDays) {
			c.Unlocks++
		}
	}
	return c, nil
}

// lost counts what these rules keep at that moment, and new ones don't.
func (r Rules) lost(to Rules, at time.Time, items []Item) (n int, err error) {
	before, err := r.decide(at, items)
	if err != nil {
		return 0, err
	}
	after, err := to.decide(at, items)
	if err != nil {
		return 0, err
	}
	for i, d := range before { // both are newest first
		if d.Keep && !after[i].Keep {
			n++
		}
	}
	return n, nil
}

// mostEarlier bounds how many changes of a plan wait at once.
const mostEarlier = 50

// Revise puts new rules in force. A guarded change leaves the present ones binding
// until its grace is over.
func (b Binding) Revise(to Rules, c Change, grace time.Duration, now time.Time, by string) Binding {
	earlier := slices.DeleteFunc(append([]Earlier{}, b.pending(now)...), func(e Earlier) bool { return e.Rules == to })
	if c.Guarded() && b.Rules != to {
		earlier = append(earlier, Earlier{Rules: b.Rules, Until: now.Add(grace), At: now, By: by, Removes: c.Removes})
	}
	return Binding{Rules: to, Earlier: earlier}
}
