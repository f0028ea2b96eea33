package backup_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/jobs/overview"
	"levqor/jobs/timecheck"
)

// TestAClockThatJumpsDeletesNothing: 400 days ahead for a moment, with "7 days".
func TestAClockThatJumpsDeletesNothing(t *testing.T) {
	t.Parallel()
	for name, jump := range map[string]func(g *graced){
		"the worker's clock alone": func(g *graced) { g.Clock.Skew(400 * day) },
		"all clocks": func(g *graced) { // as if it had been 400 days earlier a moment ago
			g.Exec(`UPDATE clock_checks SET seen_at = seen_at - interval '400 days'`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGraced(t, 7)
			g.keep(backup.Keep{DailyDays: 7})
			watch, home := timecheck.New(g.DB, g.Clock), overview.New(g.DB, g.Clock)
			look := func() {
				t.Helper()
				if err := watch.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			said := func() (n int) {
				t.Helper()
				h, err := home.Home(t.Context(), g.owner)
				if err != nil {
					t.Fatal(err)
				}
				for _, need := range h.Needs {
					if need.Kind == overview.NeedClock {
						n++
					}
				}
				return n
			}
			look()
			jump(g)
			if name == "all clocks" {
				g.Clock.Shift(400 * day) // what the plan sees
			}
			if n := g.after(0); n != 7 {
				t.Fatalf("%d of 7 copies are left", n)
			}
			look()
			if n := g.after(0); n != 7 || said() != 1 {
				t.Fatalf("%d of 7 copies are left, Home says it %d times", n, said())
			}
			g.Clock.Skew(0)
			g.Clock.Shift(0)
			g.Exec(`UPDATE clock_checks SET apart_at = apart_at - interval '1 hour', seen_at = seen_at + off_us * interval '1 microsecond'`)
			look()
			if n := g.after(0); n != 7 || said() != 0 {
				t.Errorf("back at true time: %d of 7 copies are left, Home says it %d times", n, said())
			}
		})
	}
}

func TestAJumpIsConfirmed(t *testing.T) {
	t.Parallel()
	g := newGraced(t, 7)
	g.keep(backup.Keep{DailyDays: 7})
	watch := timecheck.New(g.DB, g.Clock)
	if err := watch.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.Exec(`UPDATE clock_checks SET seen_at = seen_at - interval '3 days'`)
	g.Clock.Shift(3 * day)
	if n := g.after(0); n != 7 {
		t.Fatalf("%d copies are left", n)
	}
	g.owner.SteppedUpAt = g.Clock.Now()
	var oldest = g.oldest()
	if err := g.Backups.Delete(t.Context(), g.owner, oldest); !fail.Is(err, fail.Conflict) {
		t.Errorf("deleted by hand: %v", err)
	}
	viewer, unsure := g.owner, g.owner
	viewer.Role, unsure.SteppedUpAt = account.RoleOperator, time.Time{}
	if err := watch.Confirm(t.Context(), viewer); !fail.Is(err, fail.Forbidden) {
		t.Error(err)
	}
	if err := watch.Confirm(t.Context(), unsure); !fail.Is(err, fail.StepUp) {
		t.Error(err)
	}
	if err := watch.Confirm(t.Context(), g.owner); err != nil {
		t.Fatal(err)
	}
	if n := g.after(0); n != 4 {
		t.Errorf("%d copies are left, want what the rules keep", n)
	}
	for range 2 {
		if err := watch.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := watch.Confirm(t.Context(), g.owner); !fail.Is(err, fail.Conflict) {
		t.Errorf("believed again: %v", err)
	}
}

// TestSchedulesComeBackWithTheClock: after a moment 400 days ahead no plan is silent.
func TestSchedulesComeBackWithTheClock(t *testing.T) {
	t.Parallel()
	g := newGraced(t, 1)
	sweep := func() {
		t.Helper()
		for _, do := range []func(context.Context) error{g.Backups.SweepSchedules, g.Backups.SweepExpiry, g.Backups.SweepAhead, g.Vaults.SweepAhead} {
			if err := do(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	plan := func() backup.Plan {
		p, err := g.Backups.Plan(t.Context(), g.owner, g.plan)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := plan()
	sweep()
	if after := plan(); !after.NextAt.Equal(*before.NextAt) || !after.NextDrillAt.Equal(*before.NextDrillAt) {
		t.Fatalf("at a steady clock: %s %s", after.NextAt, after.NextDrillAt)
	}
	g.Clock.Skew(400 * day)
	sweep()
	g.Exec(`UPDATE plans SET next_drill_at = next_drill_at + interval '400 days'`)
	g.Exec(`UPDATE vaults SET upkeep_due_at = upkeep_due_at + interval '400 days', full_upkeep_at = $1`, g.Clock.Now())
	if p := plan(); p.NextAt.Before(g.Clock.Now()) {
		t.Fatal("the jump left no trace", p.NextAt)
	}
	g.Clock.Skew(0)
	sweep()
	p, now := plan(), g.Clock.Now()
	if p.NextAt.After(now.Add(6*time.Hour)) || p.NextDrillAt.After(now.Add(7*day)) {
		t.Errorf("next backup %s, next proof %s", p.NextAt, p.NextDrillAt)
	}
	var late int
	err := g.DB.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM plans WHERE expiry_due_at > $1) + (SELECT count(*) FROM vaults WHERE upkeep_due_at > $1 OR full_upkeep_at > $1)`,
			now.Add(2*time.Hour)).Scan(&late)
	})
	if err != nil || late > 0 {
		t.Errorf("%d rounds are silent: %v", late, err)
	}
}
