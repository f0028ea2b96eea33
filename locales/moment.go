package locales

import (
	"context"
	"time"
)

const day = 24 * time.Hour

// Date writes "24 Nov 2026" in the reader's zone.
func Date(ctx context.Context, t time.Time) string {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return t.In(Zone(ctx)).Format(time.DateOnly)
	}
	return v.dates.FmtDateMedium(t.In(Zone(ctx)))
}

// Time writes "10:40" in the reader's zone.
func Time(ctx context.Context, t time.Time) string {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return t.In(Zone(ctx)).Format("15:04")
	}
	return v.dates.FmtTimeShort(t.In(Zone(ctx)))
}

// Seconds writes "10:40:38" in the reader's zone.
func Seconds(ctx context.Context, t time.Time) string {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return t.In(Zone(ctx)).Format(time.TimeOnly)
	}
	return v.dates.FmtTimeMedium(t.In(Zone(ctx)))
}

// DateTime writes "24 Nov 2026, 10:40".
func DateTime(ctx context.Context, t time.Time) string {
	return T(ctx, "format.when.other", "date", Date(ctx, t), "time", Time(ctx, t))
}

// Exact writes "24 Nov 2026, 10:40:38 CET", as titles show it.
func Exact(ctx context.Context, t time.Time) string {
	zone, _ := t.In(Zone(ctx)).Zone()
	return T(ctx, "format.when.exact", "date", Date(ctx, t), "time", Seconds(ctx, t), "zone", zone)
}

// When writes a moment as people say it: "today, 06:30", "yesterday, 18:52",
// "tomorrow, 02:00", "Sun 22 Nov, 03:00", "31 Mar 2025, 18:30".
func When(ctx context.Context, t time.Time) string {
	v := voiceOf(ctx)
	if v.tongue == nil || v.now.IsZero() {
		return DateTime(ctx, t)
	}
	local, now := t.In(Zone(ctx)), v.now.In(Zone(ctx))
	switch days := calendarDays(now, local); {
	case days == 0:
		return T(ctx, "format.when.today", "time", Time(ctx, t))
	case days == -1:
		return T(ctx, "format.when.yesterday", "time", Time(ctx, t))
	case days == 1:
		return T(ctx, "format.when.tomorrow", "time", Time(ctx, t))
	case local.Year() == now.Year() || days > -180 && days < 180:
		return T(ctx, "format.when.near", "weekday", v.dates.WeekdayAbbreviated(local.Weekday()),
			"day", local.Day(), "month", v.dates.MonthAbbreviated(local.Month()), "time", Time(ctx, t))
	default:
		return DateTime(ctx, t)
	}
}

// Soon writes a moment of the next days, as short as a list of them allows:
// "06:30" today, "Wed 02:00" within the week.
func Soon(ctx context.Context, t time.Time) string {
	v := voiceOf(ctx)
	if v.tongue == nil || v.now.IsZero() {
		return DateTime(ctx, t)
	}
	local := t.In(Zone(ctx))
	switch days := calendarDays(v.now.In(Zone(ctx)), local); {
	case days == 0:
		return Time(ctx, t)
	case days > 0 && days < 7:
		return T(ctx, "format.when.soon", "weekday", v.dates.WeekdayAbbreviated(local.Weekday()), "time", Time(ctx, t))
	default:
		return When(ctx, t)
	}
}

// calendarDays counts midnights from a to b, in their own zone.
func calendarDays(a, b time.Time) int {
	midnight := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(b).Sub(midnight(a)) / day)
}

// Ago writes how long past t is, in one unit: "just now", "10 s ago", "2 days ago".
func Ago(ctx context.Context, t time.Time) string {
	now := Now(ctx)
	if now.IsZero() {
		return DateTime(ctx, t)
	}
	switch d := now.Sub(t); {
	case d < 5*time.Second:
		return T(ctx, "format.ago.now")
	case d < time.Minute:
		return T(ctx, "format.ago.s", "n", Number(ctx, int(d/time.Second)))
	case d < time.Hour:
		return T(ctx, "format.ago.m", "n", Number(ctx, int(d/time.Minute)))
	case d < day:
		return T(ctx, "format.ago.h", "n", Number(ctx, int(d/time.Hour)))
	case d < 60*day:
		return N(ctx, "format.ago.days", int(d/day))
	case d < 730*day:
		return N(ctx, "format.ago.months", int(d/(30*day)))
	default:
		return N(ctx, "format.ago.years", int(d/(365*day)))
	}
}

// In writes how long until t: "in 1 h 48 m", "now".
func In(ctx context.Context, t time.Time) string {
	now := Now(ctx)
	if now.IsZero() {
		return DateTime(ctx, t)
	}
	d := t.Sub(now)
	if d < time.Second {
		return T(ctx, "format.in.now")
	}
	if d > 60*day {
		return T(ctx, "format.in.on", "date", Date(ctx, t))
	}
	return T(ctx, "format.in.span", "span", Duration(ctx, d.Truncate(time.Second)))
}

// Weekday is the day's full name.
func Weekday(ctx context.Context, d time.Weekday) string {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return d.String()
	}
	return v.dates.WeekdayWide(d)
}

// WeekdayShort is the day's short name: "Mon".
func WeekdayShort(ctx context.Context, d time.Weekday) string {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return d.String()[:3]
	}
	return v.dates.WeekdayAbbreviated(d)
}

// MonthShort is the month's short name: "Oct".
func MonthShort(ctx context.Context, m time.Month) string { return voiceOf(ctx).shortMonth(m) }

// Month is the month's full name.
func Month(ctx context.Context, m time.Month) string {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return m.String()
	}
	return v.dates.MonthWide(m)
}

// DayMonth is a date without its year: "26 Oct".
func DayMonth(ctx context.Context, t time.Time) string {
	return T(ctx, "format.day_month", "day", t.Day(), "month", voiceOf(ctx).shortMonth(t.Month()))
}

func (v voice) shortMonth(m time.Month) string {
	if v.tongue == nil {
		return m.String()[:3]
	}
	return v.dates.MonthAbbreviated(m)
}
