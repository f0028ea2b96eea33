package backup

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestOneOrderSettlesEveryConflict: each ground wins over all that stand behind it.
func TestOneOrderSettlesEveryConflict(t *testing.T) {
	t.Parallel()
	want := []Ground{"hold", "object_lock", "min_age", "erasure", "unpaid", "tier", "rules"}
	for i, strong := range want {
		for _, weak := range want[i+1:] {
			for _, keep := range []bool{true, false} {
				if got, by := Settle(map[Ground]bool{strong: keep, weak: !keep}); got != keep || by != strong {
					t.Errorf("%s says %v, %s says %v: %v by %s", strong, keep, weak, !keep, got, by)
				}
			}
		}
	}
	if keep, by := Settle(nil); !keep || by != "" {
		t.Error("what nobody speaks of goes")
	}
}

func TestADecisionSaysWhichGroundHolds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	at := func(days int, held bool) Item {
		return Item{ID: uuid.New(), TakenAt: now.AddDate(0, 0, -days), Health: Sound, Held: held}
	}
	items := []Item{at(0, false), at(3, false), at(8, true), at(20, false), at(2, true)}
	want := []Ground{GroundMinAge, GroundHold, GroundMinAge, GroundHold, GroundRules}
	for i, d := range Decide(Keep{DailyDays: 1, MinAgeDays: 5}, time.UTC, now, items) {
		if d.By != want[i] || d.Keep != (i < 4) {
			t.Errorf("#%d: %v by %s, want %s", i, d.Keep, d.By, want[i])
		}
	}
}
