package backup

import "time"

// date is a calendar date, in whatever zone the schedule says.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

func (d date) utc() time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC) }

func (d date) add(days int) date { return dateOf(d.utc().AddDate(0, 0, days)) }

func (d date) weekday() time.Weekday { return d.utc().Weekday() }

// daysUntil counts calendar days from d to later.
func (d date) daysUntil(later date) int { return int(later.utc().Sub(d.utc()).Hours() / 24) }

// at is the instant at which a clock on the wall in zone shows that time: the
// first one where the hour repeats, the first valid instant after the gap where
// the hour is left out.
func (d date) at(hour, minute int, zone *time.Location) time.Time {
	wall := time.Date(d.year, d.month, d.day, hour, minute, 0, 0, time.UTC)
	before, after := offsetAt(wall.Add(-30*time.Hour), zone), offsetAt(wall.Add(30*time.Hour), zone)
	first, second := wall.Add(-before), wall.Add(-after)
	if second.Before(first) {
		first, second = second, first
	}
	for _, instant := range []time.Time{first, second} {
		if shows(instant, wall, zone) {
			return instant
		}
	}
	start, _ := wall.Add(-before).In(zone).ZoneBounds()
	return start.UTC()
}

func offsetAt(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

func shows(instant, wall time.Time, zone *time.Location) bool {
	local := instant.In(zone)
	return dateOf(local) == dateOf(wall) && local.Hour() == wall.Hour() && local.Minute() == wall.Minute()
}
