package backup

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"}

// naive keeps what the rules' sentences say, one rule at a time, in the slowest
// way: for the sound ones as if there were no others, for the damaged ones alike.
func naive(k Keep, zone *time.Location, now time.Time, items []Item) map[uuid.UUID]bool {
	keep := map[uuid.UUID]bool{}
	var sound, damaged, doubted, all []Item
	for _, item := range items {
		if item.Held || item.TakenAt.After(now) || k.MinAgeDays > 0 && item.TakenAt.AddDate(0, 0, k.MinAgeDays).After(now) {
			keep[item.ID] = true
		}
		switch {
		case item.TakenAt.After(now):
			continue
		case item.Health == Sound:
			sound = append(sound, item)
		case item.Health == Damaged:
			damaged = append(damaged, item)
		default:
			doubted = append(doubted, item)
		}
		all = append(all, item)
	}
	for _, some := range [][]Item{sound, damaged, all} {
		slices.SortFunc(some, func(a, b Item) int {
			if c := b.TakenAt.Compare(a.TakenAt); c != 0 {
				return c
			}
			return slices.Compare(b.ID[:], a.ID[:])
		})
	}
	for _, newest := range [][]Item{sound, all} {
		if len(newest) > 0 {
			keep[newest[0].ID] = true
		}
	}
	naiveRules(k, zone, now, sound, keep)
	naiveRules(k, zone, now, damaged, keep)
	for _, item := range doubted { // as if it were the only one of its day, after the sound ones
		newer := 0
		for _, other := range sound {
			if c := other.TakenAt.Compare(item.TakenAt); c > 0 || c == 0 && slices.Compare(other.ID[:], item.ID[:]) > 0 {
				newer++
			}
		}
		if newer == 0 {
			keep[item.ID] = true
		}
		rest := k
		rest.Last = max(0, k.Last-newer)
		naiveRules(rest, zone, now, []Item{item}, keep)
	}
	return keep
}

func naiveRules(k Keep, zone *time.Location, now time.Time, good []Item, keep map[uuid.UUID]bool) {
	rules := []struct {
		days int
		name string
	}{{k.HourlyDays, "2006-01-02 15"}, {k.DailyDays, "2006-01-02"}, {k.WeeklyDays, "week"}, {k.MonthlyDays, "2006-01"}, {k.YearlyDays, "2006"}}
	age := func(t time.Time) int {
		a, b := t.In(zone), now.In(zone)
		from := time.Date(a.Year(), a.Month(), a.Day(), 0, 0, 0, 0, time.UTC)
		to := time.Date(b.Year(), b.Month(), b.Day(), 0, 0, 0, 0, time.UTC)
		return int(to.Sub(from) / (24 * time.Hour))
	}
	young := func(t time.Time, days int) bool {
		return age(t) < days && (k.MaxAgeDays == 0 || age(t) < k.MaxAgeDays)
	}
	names := map[string][]string{} // of each good one, by rule
	for _, rule := range rules {
		for _, item := range good {
			local := item.TakenAt.In(zone)
			name := local.Format(rule.name)
			if rule.name == "week" {
				name = fmt.Sprint(local.ISOWeek())
			}
			names[rule.name] = append(names[rule.name], name)
		}
	}
	for i, item := range good {
		if i < k.Last && young(item.TakenAt, 1<<30) || young(item.TakenAt, k.AllDays) {
			keep[item.ID] = true
		}
		for _, rule := range rules {
			newest := !slices.Contains(names[rule.name][:i], names[rule.name][i])
			if newest && young(item.TakenAt, rule.days) {
				keep[item.ID] = true
			}
		}
	}
}

func TestDecideAgainstANaiveModel(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 10_000 {
		zone, err := time.LoadLocation(zones[round%len(zones)])
		if err != nil {
			t.Fatal(err)
		}
		k := randomKeep(random)
		now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Add(time.Duration(random.IntN(400*24)) * time.Hour)
		items := randomItems(random, now)
		want := naive(k, zone, now, items)
		for _, d := range Decide(k, zone, now, items) {
			if d.Keep != want[d.ID] {
				t.Fatalf("round %d %s %+v: %s taken %s keep %v, want %v (%v)", round, zone, k, d.ID, d.TakenAt, d.Keep, want[d.ID], d.Reasons)
			}
		}
	}
}

func randomKeep(r *rand.Rand) Keep {
	n := func(most int) int { return r.IntN(most) * r.IntN(2) }
	return Keep{Last: n(8), AllDays: n(5), HourlyDays: n(4), DailyDays: n(40), WeeklyDays: n(100), MonthlyDays: n(400), YearlyDays: n(900), MaxAgeDays: n(200), MinAgeDays: n(20)}
}

func randomItems(r *rand.Rand, now time.Time) []Item {
	items := make([]Item, r.IntN(40))
	for i := range items {
		back := time.Duration(r.ExpFloat64() * float64(40*24*time.Hour))
		items[i] = Item{ID: uuid.Must(uuid.NewRandomFromReader(byteReader{r})), TakenAt: now.Add(-back + time.Duration(r.IntN(3))*time.Hour), Health: randomHealth(r), Held: r.IntN(12) == 0}
	}
	return items
}

func randomHealth(r *rand.Rand) Health {
	return []Health{Damaged, Doubted, Sound, Sound, Sound, Sound, Sound, Sound}[r.IntN(8)]
}

type byteReader struct{ r *rand.Rand }

func (b byteReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b.r.Uint32())
	}
	return len(p), nil
}

func TestNothingIsLostThatMustStay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	at := func(days int) Item { return Item{ID: uuid.New(), TakenAt: now.AddDate(0, 0, -days), Health: Sound} }
	damaged := func(days int) Item {
		return Item{ID: uuid.New(), TakenAt: now.AddDate(0, 0, -days).Add(-time.Hour), Health: Damaged}
	}
	doubted := func(days int) Item {
		return Item{ID: uuid.New(), TakenAt: now.AddDate(0, 0, -days).Add(-time.Hour), Health: Doubted}
	}
	tests := map[string]struct {
		keep  Keep
		items []Item
		want  []bool // newest first
	}{
		"the last good one, with a policy that keeps nothing": {Keep{}, []Item{at(400), at(300)}, []bool{true, false}},
		"the newest of all, doubted, and the last good one":   {Keep{}, []Item{doubted(0), damaged(1), at(9)}, []bool{true, false, true}},
		"all of them, doubted under a policy that keeps them": {Keep{Last: 100}, []Item{doubted(0), doubted(1), doubted(2)}, []bool{true, true, true}},
		"two damaged ones of a day, which count once":         {Keep{DailyDays: 3}, []Item{at(0), damaged(0), damaged(0)}, []bool{true, true, false}},
		"a doubted one beside the good one of its day":        {Keep{DailyDays: 3}, []Item{at(0), doubted(0), at(1), doubted(1), doubted(2), at(3), doubted(3)}, []bool{true, true, true, true, true, false, false}},
		"a held one":                             {Keep{}, []Item{at(1), {ID: uuid.New(), TakenAt: now.AddDate(-3, 0, 0), Held: true, Health: Sound}}, []bool{true, true}},
		"one younger than the minimum age":       {Keep{MinAgeDays: 7}, []Item{at(1), at(3), at(8)}, []bool{true, true, false}},
		"one from the future, which ages nobody": {Keep{DailyDays: 2}, []Item{at(-50), at(0), at(1), at(2)}, []bool{true, true, true, false}},
		"one a day, counted with today":          {Keep{DailyDays: 3}, []Item{at(0), at(1), at(2), at(3)}, []bool{true, true, true, false}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for i, d := range Decide(tt.keep, time.UTC, now, tt.items) {
				if d.Keep != tt.want[i] {
					t.Errorf("#%d taken %s: keep %v %v", i, d.TakenAt, d.Keep, d.Reasons)
				}
			}
		})
	}
}

// Whatever is doubted, nothing goes that would have stayed without the doubt.
func TestDoubtRemovesNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 10_000 {
		k, now := randomKeep(random), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Add(time.Duration(random.IntN(400*24))*time.Hour)
		items := randomItems(random, now)
		kept := map[uuid.UUID]bool{}
		for _, d := range Decide(k, time.UTC, now, items) {
			kept[d.ID] = d.Keep
		}
		for i := range items {
			if items[i].Health == Sound && random.IntN(4) == 0 {
				items[i].Health = Doubted
			}
		}
		for _, d := range Decide(k, time.UTC, now, items) {
			if kept[d.ID] && !d.Keep {
				t.Fatalf("round %d %+v: doubt removed the one of %s (%s)", round, k, d.TakenAt, d.Health)
			}
		}
	}
}

// A policy is applied every day for two years; what it promises must hold each day.
func TestPromisesHoldDayAfterDay(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	keep := DefaultKeep()
	var held []Item
	start := time.Date(2024, 1, 1, 2, 0, 0, 0, time.UTC)
	for hours := 0; hours < 2*366*24; hours += 6 {
		now := start.Add(time.Duration(hours) * time.Hour)
		held = append(held, Item{ID: uuid.New(), TakenAt: now, Health: Sound})
		var left []Item
		for _, d := range Decide(keep, zone, now, held) {
			if d.Keep {
				left = append(left, d.Item)
			}
		}
		held = left
		if hours%24 != 0 {
			continue
		}
		today := dateOf(now.In(zone))
		have := map[string]bool{}
		for _, item := range held {
			local := item.TakenAt.In(zone)
			year, week := local.ISOWeek()
			have[local.Format("d2006-01-02")], have[fmt.Sprint("w", year, week)], have[local.Format("m2006-01")] = true, true, true
		}
		for back := 0; back < 360 && start.In(zone).Before(today.add(-back).utc()); back++ {
			d := today.add(-back).utc()
			year, week := d.ISOWeek()
			switch {
			case back < 30 && !have[d.Format("d2006-01-02")]:
				t.Fatalf("%s: no snapshot of %s", now, d.Format(time.DateOnly))
			case back < 83 && !have[fmt.Sprint("w", year, week)]:
				t.Fatalf("%s: no snapshot of week %d-%d", now, year, week)
			case back < 334 && !have[d.Format("m2006-01")]:
				t.Fatalf("%s: no snapshot of %s", now, d.Format("2006-01"))
			}
		}
	}
	if len(held) > 60 {
		t.Errorf("%d snapshots after two years: the policy keeps too many", len(held))
	}
}

func TestExpiresAtIsWhenItGoes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	items := []Item{{ID: uuid.New(), TakenAt: now, Health: Sound}, {ID: uuid.New(), TakenAt: now.AddDate(0, 0, -10), Health: Sound}}
	keep := Keep{DailyDays: 30}
	expires := Decide(keep, time.UTC, now, items)[1].ExpiresAt
	for at, want := range map[time.Time]bool{expires.Add(-time.Second): true, expires: false} {
		if got := Decide(keep, time.UTC, at, items)[1].Keep; got != want {
			t.Errorf("at %s: keep %v, want %v", at, got, want)
		}
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var items []Item
	for day := range 30 {
		items = append(items, Item{ID: uuid.New(), TakenAt: now.AddDate(0, 0, -day), Health: Sound, Bytes: 100, Held: day == 25})
	}
	p := PreviewKeep(Keep{DailyDays: 30}, Keep{DailyDays: 20}, time.UTC, now, items)
	if p.Total() != 9 || p.Frees != 900 || p.Held != 1 || p.Left != 21 || p.LeftSize != 2100 {
		t.Errorf("%+v", p)
	}
	days := Calendar(time.UTC, now, Decide(Keep{DailyDays: 20}, time.UTC, now, items))
	if len(days) != 366 || days[365].State != DayKept || days[365-25].State != DayHeld || days[365-24].State != DayDrop || days[365-19].State != DaySoon || days[0].State != DayNone {
		t.Errorf("calendar: %v %v %v %v %v", days[365], days[365-25], days[365-24], days[365-19], days[0])
	}
}

func TestKeptAndExpiring(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var items []Item
	for day := range 40 {
		items = append(items, Item{ID: uuid.New(), TakenAt: now.AddDate(0, 0, -day), Health: Sound, Held: day == 39})
	}
	decisions := Decide(Keep{DailyDays: 30, WeeklyDays: 35}, time.UTC, now, items)
	counts := map[Reason]int{}
	for _, k := range keptOf(decisions) {
		counts[k.Reason] = k.Count
	}
	if counts[ReasonNewest] != 1 || counts[ReasonDaily] != 30 || counts[ReasonWeekly] != 6 || counts[ReasonHeld] != 1 {
		t.Errorf("kept: %v", counts)
	}
	next := expiringOf(decisions, 3)
	if len(next) != 3 || next[0].TakenAt != items[28].TakenAt || !next[0].ExpiresAt.Equal(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("expiring: %+v", next)
	}
}
