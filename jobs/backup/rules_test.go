package backup

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestEarlierRulesHoldUntilTheirGraceIsOver(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	items := daily(now, 30)
	was, to := Rules{Keep{DailyDays: 30}, "UTC"}, Rules{Keep{DailyDays: 7}, "UTC"}
	change, err := was.Change(to, DefaultGrace, now, items)
	if err != nil || change.Removes != 23 || !change.Guarded() {
		t.Fatalf("%+v %v", change, err)
	}
	b := Binding{Rules: was}.Revise(to, change, DefaultGrace, now, "Olive")
	for _, tt := range []struct {
		name string
		at   time.Time
		kept int
	}{
		{"at once", now, 30},
		{"a day before the end the old rules have let six go", now.Add(6 * 24 * time.Hour), 24},
		{"at its end", now.Add(DefaultGrace), 1}, // the newest: all are older than seven days
	} {
		decisions, err := b.Decide(tt.at, items)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(keptIDs(decisions)); n != tt.kept {
			t.Errorf("%s: %d are kept, want %d", tt.name, n, tt.kept)
		}
	}
	decisions, err := b.Decide(now, items)
	if err != nil {
		t.Fatal(err)
	}
	if d := decisions[29]; !slices.Equal(d.Reasons, []Reason{ReasonGrace}) || !d.ExpiresAt.Equal(now.AddDate(0, 0, 1).Truncate(24*time.Hour)) {
		t.Errorf("the oldest: %v until %s", d.Reasons, d.ExpiresAt)
	}
	if d := decisions[8]; !d.ExpiresAt.Equal(now.Add(DefaultGrace)) {
		t.Errorf("one of eight days: until %s", d.ExpiresAt)
	}
}

func TestWhatIsGuarded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		was, to Rules
		copies  int
		want    bool
	}{
		"less than what is there":               {Rules{Keep{DailyDays: 30}, "UTC"}, Rules{Keep{DailyDays: 7}, "UTC"}, 10, true},
		"nothing there to lose":                 {Rules{Keep{DailyDays: 30}, "UTC"}, Rules{Keep{DailyDays: 7}, "UTC"}, 1, false},
		"nothing goes at once, but within days": {Rules{Keep{DailyDays: 30}, "UTC"}, Rules{Keep{DailyDays: 8}, "UTC"}, 7, true},
		"more":                                  {Rules{Keep{DailyDays: 7}, "UTC"}, Rules{Keep{DailyDays: 30}, "UTC"}, 10, false},
		"the same":                              {Rules{Keep{DailyDays: 7}, "UTC"}, Rules{Keep{DailyDays: 7}, "UTC"}, 10, false},
		"a greatest age":                        {Rules{Keep{Last: 10}, "UTC"}, Rules{Keep{Last: 10, MaxAgeDays: 3}, "UTC"}, 10, true},
		"a lower minimum age opens to deletion": {Rules{Keep{Last: 10, MinAgeDays: 30}, "UTC"}, Rules{Keep{Last: 10}, "UTC"}, 10, true},
		"a minimum age that all have reached":   {Rules{Keep{Last: 10, MinAgeDays: 0}, "UTC"}, Rules{Keep{Last: 10}, "UTC"}, 10, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := tt.was.Change(tt.to, DefaultGrace, now, daily(now, tt.copies))
			if err != nil || c.Guarded() != tt.want {
				t.Errorf("%+v %v", c, err)
			}
		})
	}
}

func daily(now time.Time, n int) (items []Item) {
	for day := range n {
		items = append(items, Item{ID: uuid.New(), TakenAt: now.AddDate(0, 0, -day), Health: Sound})
	}
	return items
}

func keptIDs(decisions []Decision) (ids []uuid.UUID) {
	for _, d := range decisions {
		if d.Keep {
			ids = append(ids, d.ID)
		}
	}
	return ids
}
