package overview

import "time"

// DayState is one cell of the grid.
type DayState string

const (
	DayBacked DayState = "backed" // copied in time
	DayFailed DayState = "failed" // the day's last attempt failed, or a proof did
	DayLate   DayState = "late"   // a copy came after the objective, or is owed
	DayNone   DayState = "none"   // nothing happened and nothing was owed
	DayPaused DayState = "paused"
	DayProven DayState = "proven"
)

// dayFacts is what happened to a source on one local day. Zero times: nothing of that.
type dayFacts struct {
	lastCopy    time.Time
	lastFailure time.Time
	lastProof   time.Time
	proofPassed bool
	lateCopy    bool
}

// standing is how things are with a source now, for the days without events.
type standing struct {
	pausedAt *time.Time
	owedFrom time.Time // from when a copy is owed; zero: none is
}

// judgeDay gives the cell of the day that ends at end. The worst that a person
// should know wins, save that a failure followed by a copy is over.
func judgeDay(f dayFacts, s standing, end, now time.Time) DayState {
	switch {
	case f.lastFailure.After(f.lastCopy):
		return DayFailed
	case !f.lastProof.IsZero() && !f.proofPassed:
		return DayFailed
	case !f.lastProof.IsZero():
		return DayProven
	case f.lateCopy:
		return DayLate
	case !f.lastCopy.IsZero():
		return DayBacked
	case s.pausedAt != nil && s.pausedAt.Before(end):
		return DayPaused
	case s.pausedAt == nil && !s.owedFrom.IsZero() && s.owedFrom.Before(end) && s.owedFrom.Before(now):
		return DayLate
	}
	return DayNone
}

// localDays gives the last n local dates up to now's, as midnights in UTC, and
// the instant each of them ends.
func localDays(now time.Time, zone *time.Location, n int) (dates, ends []time.Time) {
	year, month, day := now.In(zone).Date()
	for i := n - 1; i >= 0; i-- {
		dates = append(dates, time.Date(year, month, day-i, 0, 0, 0, 0, time.UTC))
		ends = append(ends, time.Date(year, month, day-i+1, 0, 0, 0, 0, zone).UTC())
	}
	return dates, ends
}
