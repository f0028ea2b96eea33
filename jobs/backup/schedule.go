package backup

import (
	"time"

	"levqor/jobs/fail"
)

// Schedule says when a plan runs: by a cron line in a zone, or every so often.
//
// A cron line with fixed hours runs once per local date and time: a time that
// the clocks skip runs at the first valid instant after, a time that they
// repeat only the first time. A line that runs every hour follows real hours.
// An interval counts real time from the Unix epoch; no clock change touches it.
type Schedule struct {
	Cron  string
	Every time.Duration // whole minutes
	Zone  string        // IANA name
}

const (
	shortestInterval = 5 * time.Minute
	longestInterval  = 31 * 24 * time.Hour
	searchYears      = 9 // 29 February may be 8 years away (1896–1904, 2096–2104)
)

// Validate adds what is wrong: fields cron, every_minutes, time_zone.
func (s Schedule) Validate(form *fail.Form) {
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
		form.Add("time_zone", "backup.field.zone", "zone", s.Zone)
	}
	switch {
	case s.Cron != "" && s.Every != 0, s.Cron == "" && s.Every == 0:
		form.Add("cron", "backup.field.schedule_one")
	case s.Cron != "":
		if _, refused := parseCron(s.Cron, "cron"); refused != nil {
			field := refused.Fields[0]
			form.Add("cron", field.Key, flatten(field.Args)...)
		}
	case s.Every < shortestInterval || s.Every > longestInterval || s.Every%time.Minute != 0:
		form.Add("every_minutes", "backup.field.every")
	}
}

// Next is the first run strictly after that moment, in UTC.
func (s Schedule) Next(after time.Time) (time.Time, error) {
	if s.Every > 0 {
		return after.UTC().Truncate(0).Add(s.Every - sinceSlot(after, s.Every)), nil
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return time.Time{}, fail.New(fail.Invalid, "backup.fail.zone", "zone", s.Zone)
	}
	line, refused := parseCron(s.Cron, "cron")
	if refused != nil {
		return time.Time{}, refused
	}
	if line.everyHour() {
		return line.nextHourly(after, zone)
	}
	return line.nextFixed(after, zone)
}

// sinceSlot is how far t is past the last multiple of every since the epoch.
func sinceSlot(t time.Time, every time.Duration) time.Duration {
	elapsed := time.Duration(t.UnixMicro()%every.Microseconds()) * time.Microsecond
	if elapsed < 0 {
		elapsed += every
	}
	return elapsed + time.Duration(t.Nanosecond()%1000)
}

func (c cronLine) nextFixed(after time.Time, zone *time.Location) (time.Time, error) {
	start := dateOf(after.In(zone)).add(-1) // a gap may push yesterday's run into today
	for d := start; d.year <= start.year+searchYears; d = d.add(1) {
		if !c.fits(d) {
			continue
		}
		for hour := range 24 {
			for minute := 0; has(c.hour, hour) && minute < 60; minute++ {
				if !has(c.minute, minute) {
					continue
				}
				if at := d.at(hour, minute, zone); at.After(after) {
					return at, nil
				}
			}
		}
	}
	return time.Time{}, fail.New(fail.Invalid, "backup.fail.never_runs")
}

func (c cronLine) nextHourly(after time.Time, zone *time.Location) (time.Time, error) {
	t := after.UTC().Truncate(time.Minute).Add(time.Minute)
	for end := after.AddDate(searchYears, 0, 0); t.Before(end); {
		local := t.In(zone)
		d := dateOf(local)
		switch {
		case !c.fits(d):
			t = d.add(1).at(0, 0, zone)
		case has(c.minute, local.Minute()):
			return t, nil
		default:
			t = t.Add(time.Minute)
		}
	}
	return time.Time{}, fail.New(fail.Invalid, "backup.fail.never_runs")
}

// Preview is the next n runs.
func (s Schedule) Preview(after time.Time, n int) ([]time.Time, error) {
	runs := make([]time.Time, 0, n)
	for range n {
		next, err := s.Next(after)
		if err != nil {
			return nil, err
		}
		runs, after = append(runs, next), next
	}
	return runs, nil
}

// maxMissed bounds the count of missed runs; a longer absence is told as this many.
const maxMissed = 10_000

// Due is what a plan whose next run was planned for nextAt must do now: one run,
// for the newest slot that has come, and how many slots before it went unserved.
// Due false: nothing yet, also when the clock went backward.
func (s Schedule) Due(nextAt, now time.Time) (slot, next time.Time, missed int, due bool, err error) {
	if nextAt.After(now) {
		return time.Time{}, nextAt, 0, false, nil
	}
	slot = nextAt
	for {
		if next, err = s.Next(slot); err != nil {
			return time.Time{}, time.Time{}, 0, false, err
		}
		if next.After(now) {
			return slot, next, missed, true, nil
		}
		if missed++; missed >= maxMissed {
			next, err = s.Next(now)
			return slot, next, missed, err == nil, err
		}
		slot = next
	}
}

func flatten(args map[string]any) []any {
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, name, value)
	}
	return pairs
}
