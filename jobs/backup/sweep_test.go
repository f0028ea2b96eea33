package backup_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"levqor/jobs/drill/drilltest"
)

// slot is a backup as the sweep started it.
type slot struct {
	At     time.Time
	Missed int
}

// timetable is plans whose schedules are swept by a clock that the test moves.
type timetable struct {
	*drilltest.House
	t *testing.T
}

// at sets the product's clock.
func (tt *timetable) at(now time.Time) { tt.Clock.Shift(time.Until(now)) }

// plan runs on that schedule, next at that time.
func (tt *timetable) plan(name, cron, zone string, next time.Time) *drilltest.History {
	tt.t.Helper()
	h := drilltest.New(tt.t, tt.DB, tt.Actor, name, next.Add(-time.Hour))
	tt.Exec(`UPDATE plans SET cron = $2, every_minutes = 0, time_zone = $3, next_at = $4 WHERE id = $1`, h.PlanID, cron, zone, next)
	return h
}

// sweep starts what is due, and ends it at once when told to.
func (tt *timetable) sweep(end bool) {
	tt.t.Helper()
	if err := tt.Backups.SweepSchedules(tt.t.Context()); err != nil {
		tt.t.Fatal(err)
	}
	if end {
		tt.Exec(`UPDATE tasks SET state = 'succeeded' WHERE state IN ('queued', 'running')`)
	}
}

func (tt *timetable) slots(of uuid.UUID) (found []slot) {
	tt.t.Helper()
	err := tt.DB.AsSystem(tt.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT slot, missed FROM backups WHERE plan_id = $1 ORDER BY slot`, of)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[slot])
		return err
	})
	if err != nil {
		tt.t.Fatal(err)
	}
	return found
}

func (tt *timetable) wants(of uuid.UUID, want ...slot) {
	tt.t.Helper()
	same := func(a, b slot) bool { return a.At.Equal(b.At) && a.Missed == b.Missed }
	if got := tt.slots(of); !slices.EqualFunc(got, want, same) {
		tt.t.Errorf("started %v, want %v", got, want)
	}
}

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func hour(h int) time.Time { return monday.Add(time.Duration(h) * time.Hour) }

// TestSweepSchedules is R8: every slot is served once, whatever the clock does.
func TestSweepSchedules(t *testing.T) {
	t.Parallel()
	newTable := func(t *testing.T) (*timetable, *drilltest.History) {
		t.Parallel()
		tt := &timetable{drilltest.NewHouse(t), t}
		return tt, tt.plan("shop", "0 */6 * * *", "UTC", hour(6))
	}
	t.Run("nothing before its time", func(t *testing.T) {
		tt, p := newTable(t)
		tt.at(hour(6).Add(-time.Minute))
		tt.sweep(true)
		tt.wants(p.PlanID)
	})
	t.Run("each slot once, however often it is swept", func(t *testing.T) {
		tt, p := newTable(t)
		for _, h := range []int{6, 7, 12, 12, 13} {
			tt.at(hour(h))
			tt.sweep(true)
		}
		tt.wants(p.PlanID, slot{hour(6), 0}, slot{hour(12), 0})
	})
	t.Run("workers that sweep at once start one backup", func(t *testing.T) {
		tt, p := newTable(t)
		tt.at(hour(6))
		var sweeps errgroup.Group
		for range 8 {
			sweeps.Go(func() error { return tt.Backups.SweepSchedules(t.Context()) })
		}
		if err := sweeps.Wait(); err != nil {
			t.Fatal(err)
		}
		tt.wants(p.PlanID, slot{hour(6), 0})
	})
	t.Run("workers that were away over three slots catch up with one", func(t *testing.T) {
		tt, p := newTable(t)
		tt.at(hour(19))
		tt.sweep(true)
		tt.wants(p.PlanID, slot{hour(18), 2})
		tt.at(hour(24))
		tt.sweep(true)
		tt.wants(p.PlanID, slot{hour(18), 2}, slot{hour(24), 0})
	})
	t.Run("a clock set back starts nothing again", func(t *testing.T) {
		tt, p := newTable(t)
		tt.at(hour(12))
		tt.sweep(true)
		for _, h := range []int{1, 6, 11, 12} {
			tt.at(hour(h))
			tt.sweep(true)
		}
		tt.wants(p.PlanID, slot{hour(12), 1})
	})
	t.Run("a clock that jumped ahead and came back leaves one backup too many at most", func(t *testing.T) {
		tt, p := newTable(t)
		for _, h := range []int{1000, 6, 12, 18} {
			tt.at(hour(h))
			tt.sweep(true)
		}
		if got := tt.slots(p.PlanID); len(got) != 1 {
			t.Errorf("%v", got)
		}
	})
	t.Run("a slot passes while the backup before still runs", func(t *testing.T) {
		tt, p := newTable(t)
		tt.at(hour(6))
		tt.sweep(false)
		tt.at(hour(12))
		tt.sweep(true)
		tt.at(hour(18))
		tt.sweep(true)
		tt.wants(p.PlanID, slot{hour(6), 0}, slot{hour(18), 0})
	})
	t.Run("a paused plan, and that of a deleted source, rest", func(t *testing.T) {
		tt, p := newTable(t)
		other := tt.plan("gone", "0 */6 * * *", "UTC", hour(6))
		if err := tt.Backups.Pause(t.Context(), tt.Actor, p.PlanID); err != nil {
			t.Fatal(err)
		}
		if err := tt.Sources.Delete(t.Context(), tt.Actor, other.SourceID); err != nil {
			t.Fatal(err)
		}
		tt.at(hour(30))
		tt.sweep(true)
		tt.wants(p.PlanID)
		tt.wants(other.PlanID)
		if err := tt.Backups.Resume(t.Context(), tt.Actor, p.PlanID); err != nil {
			t.Fatal(err)
		}
		tt.sweep(true)
		tt.wants(p.PlanID) // none of the missed is caught up
		tt.at(hour(36))
		tt.sweep(true)
		tt.wants(p.PlanID, slot{hour(36), 0})
	})
}

// TestSweepAroundClockChanges walks the clock through two years of changes to and
// from summer time in twelve zones: one backup on each local date.
func TestSweepAroundClockChanges(t *testing.T) {
	t.Parallel()
	tt := &timetable{drilltest.NewHouse(t), t}
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	type daily struct {
		*drilltest.History
		zone    *time.Location
		changes []time.Time
	}
	var plans []daily
	windows := map[time.Time]bool{} // days on which any zone's clocks change
	for _, name := range []string{
		"Africa/Cairo", "Africa/Casablanca", "America/Havana", "America/New_York", "America/Santiago", "Antarctica/Troll",
		"Asia/Kolkata", "Australia/Lord_Howe", "Europe/Berlin", "Pacific/Apia", "Pacific/Chatham", "UTC",
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		p := daily{History: tt.plan(name, "30 2 * * *", name, start), zone: zone}
		for at := start; ; {
			_, change := at.In(zone).ZoneBounds()
			if change.IsZero() || change.After(start.AddDate(2, 0, 0)) {
				break
			}
			p.changes = append(p.changes, change)
			windows[change.UTC().Truncate(24*time.Hour)] = true
			at = change
		}
		plans = append(plans, p)
	}
	for day := start.Truncate(24 * time.Hour); day.Before(start.AddDate(2, 0, 0)); day = day.AddDate(0, 0, 1) {
		if near := windows[day] || windows[day.AddDate(0, 0, 1)] || windows[day.AddDate(0, 0, -1)]; !near {
			continue
		}
		for h := 0; h < 24; h += 2 {
			tt.at(day.Add(time.Duration(h) * time.Hour))
			tt.sweep(true)
		}
	}
	for _, p := range plans {
		served := map[string]int{}
		for _, s := range tt.slots(p.PlanID) {
			served[s.At.In(p.zone).Format(time.DateOnly)]++
		}
		for date, n := range served {
			if n != 1 {
				t.Errorf("%s: %d backups on %s", p.zone, n, date)
			}
		}
		for _, change := range p.changes {
			if date := change.In(p.zone).Format(time.DateOnly); served[date] != 1 {
				t.Errorf("%s: %d backups on %s, when the clocks change", p.zone, served[date], date)
			}
		}
	}
}

func TestSweepExpiryEnqueuesOnce(t *testing.T) {
	t.Parallel()
	tt := &timetable{drilltest.NewHouse(t), t}
	h := drilltest.New(t, tt.DB, tt.Actor, "shop", tt.Clock.Now())
	for range 3 {
		if err := tt.Backups.SweepExpiry(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var waiting int
	tt.Row(`SELECT count(*) FROM river_job WHERE kind = 'expiry' AND args->>'id' = $1`, h.PlanID.String()).To(&waiting)
	if waiting != 1 {
		t.Errorf("%d jobs for one plan", waiting)
	}
}

// A clock that went backward makes snapshots of the future. None of them, and
// none that looks young again, is deleted.
func TestABackwardClockDeletesNothing(t *testing.T) {
	t.Parallel()
	tt := &timetable{drilltest.NewHouse(t), t}
	h := drilltest.New(t, tt.DB, tt.Actor, "shop", monday)
	h.Set("keep", map[string]int{"daily_days": 5})
	for day := range 40 {
		h.Backup(monday.AddDate(0, 0, -day), 100)
	}
	good := func() (n int) {
		tt.Row(`SELECT count(*) FROM snapshots WHERE state = 'good'`).To(&n)
		return n
	}
	for _, back := range []int{-365 * 20, -365, -45, -41} {
		tt.at(monday.AddDate(0, 0, back))
		if err := tt.Backups.Expire(t.Context(), h.PlanID); err != nil {
			t.Fatal(err)
		}
		if n := good(); n != 40 {
			t.Fatalf("%d days back: %d of 40 snapshots are left", -back, n)
		}
	}
	tt.at(monday.Add(time.Hour))
	if err := tt.Backups.Expire(t.Context(), h.PlanID); err == nil {
		t.Error("the vault, which this history has not, was not asked what it holds")
	}
	if n := good(); n != 40 {
		t.Errorf("%d of 40 snapshots are left though nobody could ask the vault", n)
	}
}
