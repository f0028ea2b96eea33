package locales_test

import (
	"strings"
	"testing"
	"time"

	"levqor/locales"
	"levqor/locales/localestest"
)

// plainSpaces makes no-break spaces readable in a table.
func plainSpaces(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }

func TestNumbersReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	for want, got := range map[string]string{
		"0 B":         locales.Bytes(ctx, 0),
		"0.4 s":       locales.Duration(ctx, 400*time.Millisecond),
		"0 s":         locales.Duration(ctx, 0),
		"1 MB":        locales.Bytes(ctx, 999_950),
		"1:02:03":     locales.Clock(ctx, time.Hour+2*time.Minute+3*time.Second),
		"1:22":        locales.Clock(ctx, 82*time.Second),
		"10 s":        locales.Duration(ctx, 9_980*time.Millisecond),
		"18,401,903":  locales.Number(ctx, 18_401_903),
		"212 MB":      locales.Bytes(ctx, 212_400_000),
		"3 m 41 s":    locales.Duration(ctx, 221*time.Second),
		"38 MB/s":     locales.Rate(ctx, 38_000_000),
		"4 h 12 m":    locales.Duration(ctx, 4*time.Hour+12*time.Minute),
		"4.81 GB":     locales.Bytes(ctx, int64(4_812_345_678)),
		"6 d 2 h":     locales.Duration(ctx, 146*time.Hour),
		"6 h":         locales.Duration(ctx, 6*time.Hour),
		"64 %":        locales.Percent(ctx, 64),
		"9 ms":        locales.Duration(ctx, 9*time.Millisecond),
		"99.4 kB":     locales.Bytes(ctx, 99_400),
		"999 B":       locales.Bytes(ctx, 999),
		"Monday":      locales.Weekday(ctx, time.Monday),
		"November":    locales.Month(ctx, time.November),
		"24 Nov 2026": locales.Date(ctx, localestest.Now),
	} {
		if plainSpaces(got) != want {
			t.Errorf("got %q, want %q", plainSpaces(got), want)
		}
	}
}

func TestMomentsReadAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	now := localestest.Now
	for _, test := range []struct{ want, got string }{
		{"just now", locales.Ago(ctx, now.Add(-2*time.Second))},
		{"10 s ago", locales.Ago(ctx, now.Add(-10*time.Second))},
		{"59 m ago", locales.Ago(ctx, now.Add(-time.Hour+time.Second))},
		{"23 h ago", locales.Ago(ctx, now.Add(-24*time.Hour+time.Second))},
		{"1 day ago", locales.Ago(ctx, now.Add(-24*time.Hour))},
		{"2 days ago", locales.Ago(ctx, now.Add(-48*time.Hour))},
		{"3 months ago", locales.Ago(ctx, now.Add(-91*24*time.Hour))},
		{"2 years ago", locales.Ago(ctx, now.Add(-800*24*time.Hour))},
		{"in 1 h 48 m", locales.In(ctx, now.Add(108*time.Minute))},
		{"now", locales.In(ctx, now)},
		{"on 30 Jun 2027", locales.In(ctx, now.Add(218*24*time.Hour))},
		{"today, 06:30", locales.When(ctx, now.Add(-252*time.Minute))},
		{"yesterday, 23:59", locales.When(ctx, now.Add(-643*time.Minute))},
		{"tomorrow, 02:00", locales.When(ctx, now.Add(15*time.Hour+18*time.Minute))},
		{"Sun 22 Nov, 10:42", locales.When(ctx, now.Add(-48*time.Hour))},
		{"24 Nov 2024, 10:42", locales.When(ctx, now.AddDate(-2, 0, 0))},
		{"24 Nov 2026, 10:42:00 UTC", locales.Exact(ctx, now)},
	} {
		if plainSpaces(test.got) != test.want {
			t.Errorf("got %q, want %q", plainSpaces(test.got), test.want)
		}
	}
}

func TestTheReadersZoneDecidesTheDay(t *testing.T) {
	t.Parallel()
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	ctx := locales.WithZone(localestest.Context(t, "en"), auckland)
	if got := locales.When(ctx, localestest.Now.Add(-12*time.Hour)); got != "today, 11:42" {
		t.Errorf("12 hours before 23:42 in Auckland is %q", got)
	}
	if got := locales.When(ctx, localestest.Now.Add(-25*time.Hour)); got != "yesterday, 22:42" {
		t.Errorf("25 hours before 23:42 in Auckland is %q", got)
	}
}

func TestWithoutANowThereIsNoGuess(t *testing.T) {
	t.Parallel()
	ctx := locales.WithNow(localestest.Context(t, "en"), time.Time{})
	if got := locales.Ago(ctx, localestest.Now); got != "24 Nov 2026, 10:42" {
		t.Errorf("got %q", got)
	}
}
