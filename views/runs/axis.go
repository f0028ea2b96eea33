package runs

import (
	"strconv"
	"time"
)

// axis is the time line of a run, cut into four.
type axis struct {
	from time.Time
	cell time.Duration
}

// cells are what one quarter of the line may stand for; four of them read differently.
var cells = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
	15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 2 * 24 * time.Hour, 5 * 24 * time.Hour,
}

// axisOf fits the finished steps. What waits, or did until the run was canceled, is
// cut off behind them, so that an hour of waiting does not flatten seconds of work.
func axisOf(from time.Time, all []line, now time.Time) axis {
	var last time.Duration
	for _, l := range all {
		if l.Wait != nil {
			last = max(last, l.Wait.BeganAt.Sub(from))
		} else if l.canceled() {
			last = max(last, l.Done.StartedAt.Sub(from))
		} else if at, took, ok := l.span(now); ok {
			last = max(last, at.Sub(from)+took)
		}
	}
	for _, cell := range cells {
		if 4*cell > last {
			return axis{from, cell}
		}
	}
	return axis{from, (last / 4).Round(24*time.Hour) + 24*time.Hour}
}

func (a axis) ticks() (marks [5]time.Duration) {
	for i := range marks {
		marks[i] = time.Duration(i) * a.cell
	}
	return marks
}

// bar is where a line's time lies, in hundredths of the axis; thin ones stay visible.
func (a axis) bar(l line, now time.Time) (x, width string) {
	at, took, ok := l.span(now)
	if !ok {
		return "0", "0"
	}
	whole := float64(4 * a.cell)
	begin := min(99, max(0, 100*float64(at.Sub(a.from))/whole))
	length := min(100-begin, max(0.8, 100*float64(took)/whole))
	return digits(begin), digits(length)
}

func digits(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

func micro(us int64) time.Duration { return time.Duration(us) * time.Microsecond }
