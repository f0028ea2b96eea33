package workflow

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
)

// Figures of a workflow over some days, from the hours' rows.
type Figures struct {
	Days        int
	Succeeded   int
	Failed      int
	Canceled    int
	P50, P95    time.Duration // of runs that succeeded; 0: none
	SlowestStep string        // by its mean time; "": none ran
	SlowestTook time.Duration
	Causes      []Cause // most frequent first
	PerDay      []DayFigures
	Saved       time.Duration // what people said a run saves them, times the runs
}

// Cause of failures; its words are Key's.
type Cause struct {
	Key   string
	Count int
}

// DayFigures is one day in UTC.
type DayFigures struct {
	Day               time.Time
	Succeeded, Failed int
}

// SuccessRate is of the runs that succeeded or failed; false when there were none.
func (f Figures) SuccessRate() (float64, bool) {
	if f.Succeeded+f.Failed == 0 {
		return 0, false
	}
	return float64(f.Succeeded) / float64(f.Succeeded+f.Failed), true
}

type hourRow struct {
	Hour                        time.Time
	Succeeded, Failed, Canceled int
	Took                        []int64
	Causes                      map[string]int
	Steps                       map[string][2]int64
}

// Figures needs View. days is 7, 30 or 90.
func (w *Workflows) Figures(ctx context.Context, actor account.Actor, id uuid.UUID, days int) (Figures, error) {
	if err := actor.Require(account.View); err != nil {
		return Figures{}, err
	}
	today := w.clock.Now().Truncate(24 * time.Hour)
	from := today.AddDate(0, 0, 1-days)
	var hours []hourRow
	var saves int
	err := w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err := find(ctx, tx, id, "")
		if err != nil {
			return err
		}
		saves = found.Draft.Settings.SavesMinutes
		rows, err := tx.Query(ctx, `SELECT hour, succeeded, failed, canceled, took_ms, causes, steps FROM run_hours WHERE workflow_id = $1 AND hour >= $2 ORDER BY hour`, id, from)
		if err != nil {
			return err
		}
		hours, err = pgx.CollectRows(rows, pgx.RowToStructByPos[hourRow])
		return err
	})
	if err != nil {
		return Figures{}, err
	}
	f := sum(hours, from, days)
	f.Saved = time.Duration(f.Succeeded*saves) * time.Minute
	return f, nil
}

func sum(hours []hourRow, from time.Time, days int) Figures {
	f := Figures{Days: days, PerDay: make([]DayFigures, days)}
	for i := range f.PerDay {
		f.PerDay[i].Day = from.AddDate(0, 0, i)
	}
	var took [32]int64
	causes, steps := map[string]int{}, map[string][2]int64{}
	for _, h := range hours {
		f.Succeeded, f.Failed, f.Canceled = f.Succeeded+h.Succeeded, f.Failed+h.Failed, f.Canceled+h.Canceled
		if day := int(h.Hour.Sub(from) / (24 * time.Hour)); day >= 0 && day < days {
			f.PerDay[day].Succeeded += h.Succeeded
			f.PerDay[day].Failed += h.Failed
		}
		for i, n := range h.Took {
			took[min(i, len(took)-1)] += n
		}
		for key, n := range h.Causes {
			causes[key] += n
		}
		for id, s := range h.Steps {
			was := steps[id]
			steps[id] = [2]int64{was[0] + s[0], was[1] + s[1]}
		}
	}
	f.P50, f.P95 = quantile(took[:], 0.5), quantile(took[:], 0.95)
	for key, n := range causes {
		f.Causes = append(f.Causes, Cause{key, n})
	}
	slices.SortFunc(f.Causes, func(a, b Cause) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	for id, s := range steps {
		if mean := time.Duration(s[1]/max(1, s[0])) * time.Microsecond; mean > f.SlowestTook || mean == f.SlowestTook && id < f.SlowestStep {
			f.SlowestStep, f.SlowestTook = id, mean
		}
	}
	return f
}

// quantile of a histogram whose buckets double from 1 ms: within its bucket a
// value is taken to lie as far as the rank does.
func quantile(buckets []int64, q float64) time.Duration {
	var total int64
	for _, n := range buckets {
		total += n
	}
	if total == 0 {
		return 0
	}
	rank := q * float64(total)
	for i, n := range buckets {
		if rank <= float64(n) {
			low := float64(int64(1) << i)
			return time.Duration((low + low*rank/float64(n)) * float64(time.Millisecond))
		}
		rank -= float64(n)
	}
	return 0
}
