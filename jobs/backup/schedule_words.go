package backup

import (
	"math/bits"
	"time"
)

// Words is a schedule as a sentence: a key under backup.schedule and what goes
// into it. Count is for the plural keys every_minutes, every_hours, every_days.
type Words struct {
	Key     string
	Count   int
	Hour    int // of daily, weekly, monthly
	Minute  int
	Day     int          // of monthly
	Weekday time.Weekday // of weekly
	Cron    string       // of cron: the line as it is
}

// Describe says the usual schedules in words and leaves the others as they are.
func (s Schedule) Describe() Words {
	switch {
	case s.Every > 0 && s.Every%(24*time.Hour) == 0:
		return Words{Key: "every_days", Count: int(s.Every / (24 * time.Hour))}
	case s.Every > 0 && s.Every%time.Hour == 0:
		return Words{Key: "every_hours", Count: int(s.Every / time.Hour)}
	case s.Every > 0:
		return Words{Key: "every_minutes", Count: int(s.Every / time.Minute)}
	}
	c, refused := parseCron(s.Cron, "cron")
	if refused != nil || bits.OnesCount64(c.minute) != 1 || bits.OnesCount64(c.hour) != 1 || bits.OnesCount64(c.month) != 12 {
		return Words{Key: "cron", Cron: s.Cron}
	}
	w := Words{Hour: bits.TrailingZeros64(c.hour), Minute: bits.TrailingZeros64(c.minute), Cron: s.Cron}
	everyDay, everyWeekday := bits.OnesCount64(c.day) == 31, bits.OnesCount64(c.weekday) == 7
	switch {
	case everyDay && everyWeekday:
		w.Key = "daily"
	case everyDay && bits.OnesCount64(c.weekday) == 1:
		w.Key, w.Weekday = "weekly", time.Weekday(bits.TrailingZeros64(c.weekday))
	case everyWeekday && bits.OnesCount64(c.day) == 1:
		w.Key, w.Day = "monthly", bits.TrailingZeros64(c.day)
	default:
		w.Key = "cron"
	}
	return w
}
