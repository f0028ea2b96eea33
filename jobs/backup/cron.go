package backup

import (
	"errors"
	"strconv"
	"strings"

	"levqor/jobs/fail"
)

// cronLine is a parsed five-field cron line: minute hour day-of-month month
// day-of-week, each a set of bits. As in cron(5): when both day fields are
// restricted, a date that fits either of them fits.
type cronLine struct {
	minute, hour, day, month, weekday uint64
	anyDay, anyWeekday                bool
}

type cronField struct {
	name     string
	min, max int
	names    []string // the value of names[i] is min+i
}

var cronFields = [5]cronField{
	{name: "minute", min: 0, max: 59},
	{name: "hour", min: 0, max: 23},
	{name: "day", min: 1, max: 31},
	{name: "month", min: 1, max: 12, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "weekday", min: 0, max: 7, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

var cronWords = map[string]string{
	"@annually": "0 0 1 1 *", "@daily": "0 0 * * *", "@hourly": "0 * * * *", "@midnight": "0 0 * * *",
	"@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@yearly": "0 0 1 1 *",
}

// longest cron line taken: enough for every value of every field by name.
const maxCronBytes = 512

// parseCron is Invalid with one field error under name: backup.field.cron_….
func parseCron(text, name string) (cronLine, *fail.Error) {
	refuse := func(key string, pairs ...any) (cronLine, *fail.Error) {
		var form fail.Form
		form.Add(name, key, pairs...)
		refused, _ := errors.AsType[*fail.Error](form.Err())
		return cronLine{}, refused
	}
	line := strings.ToLower(strings.TrimSpace(text))
	if word, ok := cronWords[line]; ok {
		line = word
	}
	parts := strings.Fields(line)
	if len(parts) != 5 || len(line) > maxCronBytes {
		return refuse("backup.field.cron_parts", "count", len(parts))
	}
	var sets [5]uint64
	for i, part := range parts {
		set, ok := cronFields[i].parse(part)
		if !ok {
			return refuse("backup.field.cron_"+cronFields[i].name, "part", part)
		}
		sets[i] = set
	}
	if sets[4]&(1<<7) != 0 { // 7 is Sunday too
		sets[4] = sets[4]&^(1<<7) | 1
	}
	c := cronLine{sets[0], sets[1], sets[2], sets[3], sets[4], parts[2][0] == '*', parts[4][0] == '*'}
	if !c.everFits() {
		return refuse("backup.field.cron_never")
	}
	return c, nil
}

// parse reads lists of *, a, a-b, each with an optional /step.
func (f cronField) parse(text string) (set uint64, ok bool) {
	for item := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 || n > f.max {
				return 0, false
			}
			step = n
		}
		low, high, ok := f.span(span, stepped)
		if !ok {
			return 0, false
		}
		for v := low; v <= high; v += step {
			set |= 1 << v
		}
	}
	return set, set != 0
}

func (f cronField) span(text string, stepped bool) (low, high int, ok bool) {
	if text == "*" {
		return f.min, f.top(), true
	}
	from, to, isRange := strings.Cut(text, "-")
	low, ok = f.value(from)
	if !ok {
		return 0, 0, false
	}
	switch {
	case isRange:
		high, ok = f.value(to)
	case stepped:
		high = f.top()
	default:
		high = low
	}
	return low, high, ok && low <= high
}

// top leaves out the second name of Sunday.
func (f cronField) top() int {
	if f.name == "weekday" {
		return 6
	}
	return f.max
}

func (f cronField) value(text string) (int, bool) {
	for i, name := range f.names {
		if text == name {
			return f.min + i, true
		}
	}
	if len(text) == 0 || len(text) > 2 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= f.min && n <= f.max
}

func has(set uint64, v int) bool { return set&(1<<v) != 0 }

// fits reports whether the line names that date.
func (c cronLine) fits(d date) bool {
	if !has(c.month, int(d.month)) {
		return false
	}
	byDay, byWeekday := has(c.day, d.day), has(c.weekday, int(d.weekday()))
	if c.anyDay || c.anyWeekday {
		return byDay && byWeekday
	}
	return byDay || byWeekday
}

// everFits refuses dates that no calendar has, such as 31 February.
func (c cronLine) everFits() bool {
	if c.anyDay || !c.anyWeekday {
		return true
	}
	longest := [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	for month := 1; month <= 12; month++ {
		for day := 1; day <= longest[month]; day++ {
			if has(c.month, month) && has(c.day, day) {
				return true
			}
		}
	}
	return false
}

// everyHour reports whether the line runs in each real hour, so that it must
// follow elapsed time, not the clock on the wall.
func (c cronLine) everyHour() bool { return c.hour == 1<<24-1 }
