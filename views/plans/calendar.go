package plans

import (
	"context"
	"time"

	"levqor/jobs/backup"
	"levqor/locales"
)

// calendar is a year in columns of weeks, Monday first; a cell without a date
// lies outside of it.
type calendar struct {
	Months []month
	Rows   [7][]backup.Day
}

// month heads the weeks that begin in it.
type month struct {
	Label string
	Weeks int
}

func calendarOf(ctx context.Context, days []backup.Day) (c calendar) {
	if len(days) == 0 {
		return c
	}
	week := make([]backup.Day, row(days[0].Date), 7)
	for i, day := range days {
		week = append(week, day)
		if len(week) == 7 || i == len(days)-1 {
			c.add(ctx, week)
			week = make([]backup.Day, 0, 7)
		}
	}
	return c
}

// row of a date: 0 is Monday.
func row(date time.Time) int { return (int(date.Weekday()) + 6) % 7 }

func (c *calendar) add(ctx context.Context, week []backup.Day) {
	for i := range c.Rows {
		day := backup.Day{}
		if i < len(week) {
			day = week[i]
		}
		c.Rows[i] = append(c.Rows[i], day)
	}
	first := week[0].Date
	if first.IsZero() { // the year begins in the middle of a week
		first = week[len(week)-1].Date
	}
	label := locales.MonthShort(ctx, first.Month())
	if n := len(c.Months); n > 0 && c.Months[n-1].Label == label {
		c.Months[n-1].Weeks++
		return
	}
	c.Months = append(c.Months, month{label, 1})
}

// cell says what a day holds: "26 Oct: 2 kept".
func cell(ctx context.Context, d backup.Day) string {
	return locales.N(ctx, "plans.day."+string(d.State), d.Count, "date", locales.DayMonth(ctx, d.Date))
}
