package timecheck

import "time"

const (
	// MaxStep is how far the clock may go between two looks without being doubted.
	MaxStep = 24 * time.Hour
	// MaxApart is how far a worker's clock and the database's may be from each other.
	MaxApart = 5 * time.Minute
)

// Seen is what was seen of the clock so far.
type Seen struct {
	At       time.Time     // what it said last
	Off      time.Duration // the sum of its jumps since everybody believed it
	JumpedAt *time.Time    // what it said right after the first of them
	Apart    time.Duration // a worker's clock against the database's, when last too far
	ApartAt  *time.Time    // by the database's
}

// Look goes on from what was seen to what both clocks say now. A clock that is far
// from the database's says nothing about time: only that is noted.
func (s Seen) Look(worker, database time.Time) Seen {
	if apart := worker.Sub(database); apart.Abs() > MaxApart {
		s.Apart, s.ApartAt = apart, &database
		return s
	}
	step := database.Sub(s.At)
	if s.At = database; step.Abs() > MaxStep {
		s.Off += step
	}
	switch {
	case s.Off.Abs() <= MaxStep:
		s.JumpedAt = nil
	case s.JumpedAt == nil:
		s.JumpedAt = &database
	}
	return s
}

// Jumped reports whether the clock is doubted by who confirmed a jump of that size; 0: none.
func (s Seen) Jumped(confirmed time.Duration) bool {
	return (s.Off - confirmed).Abs() > MaxStep
}
