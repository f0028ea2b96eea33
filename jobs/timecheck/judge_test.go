package timecheck

import (
	"testing"
	"time"
)

// TestAConfirmedJumpIsTheNewZero: back by two days is doubted, also after three that were confirmed.
func TestAConfirmedJumpIsTheNewZero(t *testing.T) {
	t.Parallel()
	if s := (Seen{Off: 6 * time.Hour}); !s.Jumped(53 * time.Hour) {
		t.Error(s)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	const d = 24 * time.Hour
	type at struct{ worker, database time.Duration }
	even := func(t time.Duration) at { return at{t, t} }
	for name, tt := range map[string]struct {
		looks   []at
		doubted bool
	}{
		"steadily":                                   {[]at{even(0), even(time.Minute), even(2 * time.Minute)}, false},
		"off for the night":                          {[]at{even(0), even(14 * time.Hour)}, false},
		"400 days ahead":                             {[]at{even(0), even(400 * d)}, true},
		"still there a day later":                    {[]at{even(0), even(400 * d), even(400*d + time.Minute), even(401 * d)}, true},
		"back at true time":                          {[]at{even(0), even(400 * d), even(10 * time.Minute)}, false},
		"ahead in two jumps, back in one":            {[]at{even(0), even(10 * d), even(400 * d), even(time.Hour)}, false},
		"back by a month":                            {[]at{even(0), even(-30 * d)}, true},
		"back by an hour":                            {[]at{even(0), even(-time.Hour)}, false},
		"a worker alone is wrong":                    {[]at{even(0), {400 * d, time.Minute}}, true},
		"a worker that was wrong and is right again": {[]at{even(0), {400 * d, time.Minute}, even(2 * time.Minute)}, false},
		"a worker alone is wrong by little":          {[]at{even(0), {4 * time.Minute, 0}}, false},
		"the database alone is wrong":                {[]at{even(0), {time.Minute, 400 * d}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			zero := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
			s := Seen{At: zero}
			for _, l := range tt.looks {
				s.Apart, s.ApartAt = 0, nil // each look says anew
				s = s.Look(zero.Add(l.worker), zero.Add(l.database))
			}
			if doubted := s.Jumped(0) || s.ApartAt != nil; doubted != tt.doubted {
				t.Errorf("%+v", s)
			}
		})
	}
	t.Run("who confirmed a jump is asked again after the next", func(t *testing.T) {
		if s := (Seen{Off: 400 * d}); s.Jumped(400*d) || !s.Jumped(0) || !(Seen{Off: 500 * d}).Jumped(400*d) {
			t.Error(s)
		}
	})
}
