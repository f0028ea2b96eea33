package backup

import (
	"errors"
	"flag"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"levqor/jobs/fail"
)

// The same cases each time; -rapid.seed=0 draws others.
func init() {
	if err := flag.Set("rapid.seed", "1"); err != nil {
		panic(err)
	}
}

var clockZones = []string{
	"UTC", "Africa/Cairo", "Africa/Casablanca", "America/Havana", "America/New_York", "America/Santiago", "America/Sao_Paulo",
	"Antarctica/Troll", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Berlin", "Pacific/Apia", "Pacific/Chatham",
}

// Twelve zones and UTC, two years: one run on each local date, whatever the clocks do.
func TestOncePerLocalDate(t *testing.T) {
	t.Parallel()
	for _, name := range clockZones {
		for _, cron := range []string{"0 0 * * *", "30 0 * * *", "30 1 * * *", "15 2 * * *", "30 2 * * *", "0 3 * * *"} {
			t.Run(name+" "+cron, func(t *testing.T) {
				t.Parallel()
				zone, err := time.LoadLocation(name)
				if err != nil {
					t.Fatal(err)
				}
				s := Schedule{Cron: cron, Zone: name}
				at := date{2026, 1, 1}.at(12, 0, zone)
				want := date{2026, 1, 2}
				for range 730 {
					if at, err = s.Next(at); err != nil {
						t.Fatal(err)
					}
					if got := dateOf(at.In(zone)); got != want {
						t.Fatalf("ran on %v, want %v (%s)", got, want, at.In(zone))
					}
					want = want.add(1)
				}
			})
		}
	}
}

func TestHourlyFollowsRealHours(t *testing.T) {
	t.Parallel()
	for _, name := range clockZones {
		s := Schedule{Cron: "0 * * * *", Zone: name}
		if name == "Australia/Lord_Howe" {
			continue // its clocks move by half an hour, and so does what "on the hour" means
		}
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		change := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for change.Year() < 2028 {
			at := change.Add(-72 * time.Hour)
			for range 6 * 24 {
				next, err := s.Next(at)
				if err != nil {
					t.Fatal(err)
				}
				if gap := next.Sub(at); gap > time.Hour {
					t.Fatalf("%s: %s without a run before %s", name, gap, next)
				}
				at = next
			}
			if _, change = change.In(zone).ZoneBounds(); change.IsZero() {
				break
			}
		}
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ cron, zone, after, want string }{
		"spring: the skipped 02:30 runs when the gap ends": {"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		"autumn: the repeated 02:30 runs the first time":   {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		"autumn: and not the second time":                  {"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		"a half-hour gap":                                  {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T02:00:00Z", "2026-10-03T15:30:00Z"},
		"a gap at midnight":                                {"0 0 * * *", "America/Havana", "2026-03-08T01:00:00Z", "2026-03-08T05:00:00Z"},
		"29 February":                                      {"0 12 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T12:00:00Z"},
		"29 February over a century":                       {"0 12 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T12:00:00Z"},
		"the 31st only where there is one":                 {"0 12 31 * *", "UTC", "2026-03-31T12:00:00Z", "2026-05-31T12:00:00Z"},
		"either day field":                                 {"0 12 13 * fri", "UTC", "2026-11-08T00:00:00Z", "2026-11-13T12:00:00Z"},
		"Sunday by 7":                                      {"0 3 * * 7", "UTC", "2026-11-23T00:00:00Z", "2026-11-29T03:00:00Z"},
		"steps in a range":                                 {"10-30/10 8 * * *", "UTC", "2026-11-23T08:10:00Z", "2026-11-23T08:20:00Z"},
		"a word":                                           {"@weekly", "UTC", "2026-11-23T00:00:00Z", "2026-11-29T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, err := time.Parse(time.RFC3339, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Schedule{Cron: tt.cron, Zone: tt.zone}.Next(after)
			if err != nil || got.Format(time.RFC3339) != tt.want {
				t.Fatalf("got %s, want %s (%v)", got.Format(time.RFC3339), tt.want, err)
			}
		})
	}
}

func TestScheduleRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		s     Schedule
		field string
		key   string
	}{
		"no zone":                 {Schedule{Cron: "0 3 * * *"}, "time_zone", "backup.field.zone"},
		"a zone that is not":      {Schedule{Cron: "0 3 * * *", Zone: "Europe/Berlinn"}, "time_zone", "backup.field.zone"},
		"a path as zone":          {Schedule{Cron: "0 3 * * *", Zone: "../../etc/passwd"}, "time_zone", "backup.field.zone"},
		"neither":                 {Schedule{Zone: "UTC"}, "cron", "backup.field.schedule_one"},
		"both":                    {Schedule{Cron: "0 3 * * *", Every: time.Hour, Zone: "UTC"}, "cron", "backup.field.schedule_one"},
		"four parts":              {Schedule{Cron: "0 3 * *", Zone: "UTC"}, "cron", "backup.field.cron_parts"},
		"minute 60":               {Schedule{Cron: "60 3 * * *", Zone: "UTC"}, "cron", "backup.field.cron_minute"},
		"hour 24":                 {Schedule{Cron: "0 24 * * *", Zone: "UTC"}, "cron", "backup.field.cron_hour"},
		"day 0":                   {Schedule{Cron: "0 3 0 * *", Zone: "UTC"}, "cron", "backup.field.cron_day"},
		"month 13":                {Schedule{Cron: "0 3 * 13 *", Zone: "UTC"}, "cron", "backup.field.cron_month"},
		"weekday 8":               {Schedule{Cron: "0 3 * * 8", Zone: "UTC"}, "cron", "backup.field.cron_weekday"},
		"a range that runs back":  {Schedule{Cron: "0 9-3 * * *", Zone: "UTC"}, "cron", "backup.field.cron_hour"},
		"step 0":                  {Schedule{Cron: "*/0 * * * *", Zone: "UTC"}, "cron", "backup.field.cron_minute"},
		"31 February":             {Schedule{Cron: "0 3 31 2 *", Zone: "UTC"}, "cron", "backup.field.cron_never"},
		"an interval too short":   {Schedule{Every: time.Minute, Zone: "UTC"}, "every_minutes", "backup.field.every"},
		"half a minute too much":  {Schedule{Every: 90*time.Minute + 30*time.Second, Zone: "UTC"}, "every_minutes", "backup.field.every"},
		"an interval too long":    {Schedule{Every: 32 * 24 * time.Hour, Zone: "UTC"}, "every_minutes", "backup.field.every"},
		"an interval in the past": {Schedule{Every: -time.Hour, Zone: "UTC"}, "every_minutes", "backup.field.every"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var form fail.Form
			tt.s.Validate(&form)
			refused, ok := errors.AsType[*fail.Error](form.Err())
			if !ok || len(refused.Fields) != 1 || refused.Fields[0].Name != tt.field || refused.Fields[0].Key != tt.key {
				t.Fatalf("%+v", form.Err())
			}
		})
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	s := Schedule{Every: 6 * time.Hour, Zone: "UTC"}
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		nextAt, now, slot, next time.Time
		missed                  int
		due                     bool
	}{
		"not yet":                         {at(23, 6), at(23, 5), time.Time{}, at(23, 6), 0, false},
		"a clock that went backward":      {at(23, 6), at(1, 0), time.Time{}, at(23, 6), 0, false},
		"on time":                         {at(23, 6), at(23, 6), at(23, 6), at(23, 12), 0, true},
		"after three slots: one catch-up": {at(23, 6), at(23, 19), at(23, 18), at(24, 0), 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slot, next, missed, due, err := s.Due(tt.nextAt, tt.now)
			if err != nil || slot != tt.slot || next != tt.next || missed != tt.missed || due != tt.due {
				t.Fatalf("slot %s next %s missed %d due %v %v", slot, next, missed, due, err)
			}
		})
	}
}

func TestIntervalsNeverDrift(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule{Every: time.Duration(rapid.IntRange(5, 44640).Draw(t, "minutes")) * time.Minute, Zone: "UTC"}
		after := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "after"))
		next, err := s.Next(after)
		if err != nil || !next.After(after) || next.Sub(after) > s.Every || next.UnixMicro()%s.Every.Microseconds() != 0 {
			t.Fatalf("after %s: %s, %v", after, next, err)
		}
	})
}

func TestNextOnlyGoesForward(t *testing.T) {
	t.Parallel()
	crons := []string{"*/7 * * * *", "5 */3 * * *", "0 2,3 * * *", "30 1,2 1,15 * mon", "59 23 31 12 *", "0 0 * * 1-5"}
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule{Cron: rapid.SampledFrom(crons).Draw(t, "cron"), Zone: rapid.SampledFrom(clockZones).Draw(t, "zone")}
		at := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "after"), 0)
		for range 5 {
			next, err := s.Next(at)
			if err != nil || !next.After(at) {
				t.Fatalf("%+v after %s: %s, %v", s, at, next, err)
			}
			at = next
		}
	})
}

func FuzzCron(f *testing.F) {
	for _, seed := range []string{"0 3 * * *", "*/5 1-3,7 * JAN-MAR mon", "@daily", "60 * * * *", "0 0 31 2 *", "* * * * 7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if _, refused := parseCron(line, "cron"); refused != nil {
			return
		}
		after := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
		next, err := Schedule{Cron: line, Zone: "Europe/Berlin"}.Next(after)
		if err != nil || !next.After(after) {
			t.Fatalf("%q is taken but does not run: %s, %v", line, next, err)
		}
	})
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for cron, want := range map[string]Words{
		"30 2 * * *":  {Key: "daily", Hour: 2, Minute: 30, Cron: "30 2 * * *"},
		"0 3 * * sun": {Key: "weekly", Hour: 3, Weekday: time.Sunday, Cron: "0 3 * * sun"},
		"0 3 15 * *":  {Key: "monthly", Hour: 3, Day: 15, Cron: "0 3 15 * *"},
		"*/5 * * * *": {Key: "cron", Cron: "*/5 * * * *"},
	} {
		if got := (Schedule{Cron: cron, Zone: "UTC"}).Describe(); got != want {
			t.Errorf("%s: %+v", cron, got)
		}
	}
	for every, want := range map[time.Duration]Words{48 * time.Hour: {Key: "every_days", Count: 2}, 6 * time.Hour: {Key: "every_hours", Count: 6}, 90 * time.Minute: {Key: "every_minutes", Count: 90}} {
		if got := (Schedule{Every: every, Zone: "UTC"}).Describe(); got != want {
			t.Errorf("%s: %+v", every, got)
		}
	}
}
