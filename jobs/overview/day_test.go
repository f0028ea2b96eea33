package overview

import (
	"testing"
	"time"
)

func TestJudgeDay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 42, 0, 0, time.UTC)
	end := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) // of yesterday
	at := func(hour int) time.Time { return end.Add(time.Duration(hour-24) * time.Hour) }
	ago := func(days int) *time.Time { t := now.AddDate(0, 0, -days); return &t }
	for name, c := range map[string]struct {
		facts dayFacts
		s     standing
		want  DayState
	}{
		"nothing":                            {dayFacts{}, standing{}, DayNone},
		"a copy in time":                     {dayFacts{lastCopy: at(6)}, standing{}, DayBacked},
		"a late copy":                        {dayFacts{lastCopy: at(6), lateCopy: true}, standing{}, DayLate},
		"a passed proof":                     {dayFacts{lastCopy: at(6), lastProof: at(7), proofPassed: true}, standing{}, DayProven},
		"a late copy that was proven":        {dayFacts{lastCopy: at(6), lateCopy: true, lastProof: at(7), proofPassed: true}, standing{}, DayProven},
		"a failed proof":                     {dayFacts{lastCopy: at(6), lastProof: at(7)}, standing{}, DayFailed},
		"a failure, then a copy":             {dayFacts{lastFailure: at(5), lastCopy: at(6)}, standing{}, DayBacked},
		"a copy, then a failure":             {dayFacts{lastCopy: at(6), lastFailure: at(12)}, standing{}, DayFailed},
		"a proof, then a failed backup":      {dayFacts{lastCopy: at(6), lastProof: at(7), proofPassed: true, lastFailure: at(12)}, standing{}, DayFailed},
		"paused before":                      {dayFacts{}, standing{pausedAt: ago(9)}, DayPaused},
		"paused after the day":               {dayFacts{}, standing{pausedAt: ago(0)}, DayNone},
		"a copy on demand while paused":      {dayFacts{lastCopy: at(6)}, standing{pausedAt: ago(9)}, DayBacked},
		"a copy owed since the day before":   {dayFacts{}, standing{owedFrom: at(-12)}, DayLate},
		"a copy owed only from the next day": {dayFacts{}, standing{owedFrom: at(30)}, DayNone},
		"owed, but paused":                   {dayFacts{}, standing{owedFrom: at(-12), pausedAt: ago(9)}, DayPaused},
	} {
		t.Run(name, func(t *testing.T) {
			if got := judgeDay(c.facts, c.s, end, now); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestLocalDays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone, now, first, last, lastEnds string
	}{
		"plain":                          {"UTC", "2026-11-24T10:42:00Z", "2026-10-26", "2026-11-24", "2026-11-25T00:00:00Z"},
		"already tomorrow there":         {"Pacific/Auckland", "2026-11-24T10:42:00Z", "2026-10-26", "2026-11-24", "2026-11-24T11:00:00Z"},
		"still yesterday there":          {"America/New_York", "2026-11-24T03:00:00Z", "2026-10-25", "2026-11-23", "2026-11-24T05:00:00Z"},
		"the day that clocks go forward": {"Europe/Berlin", "2026-03-29T12:00:00Z", "2026-02-28", "2026-03-29", "2026-03-29T22:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.Parse(time.RFC3339, c.now)
			if err != nil {
				t.Fatal(err)
			}
			dates, ends := localDays(now, zone, Days)
			first, last := dates[0].Format(time.DateOnly), dates[Days-1].Format(time.DateOnly)
			if len(dates) != Days || first != c.first || last != c.last || ends[Days-1].Format(time.RFC3339) != c.lastEnds {
				t.Fatalf("%d days, %s to %s, ending %s", len(dates), first, last, ends[Days-1])
			}
		})
	}
}

func TestSeriesCarriesSizesForward(t *testing.T) {
	t.Parallel()
	dates, _ := localDays(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), time.UTC, 4)
	a, b := [16]byte{1}, [16]byte{2}
	series := seriesOf([]sizeRow{{a, &dates[2], 30}, {b, nil, 5}, {a, &dates[1], 20}, {b, &dates[3], 6}}, dates)
	for i, want := range []int64{5, 25, 35, 36} {
		if series[i] != want {
			t.Fatalf("got %v", series)
		}
	}
}
