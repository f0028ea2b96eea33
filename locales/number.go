package locales

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/text/number"
)

// Whole is any count.
type Whole interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Number writes a count with the language's grouping: 18,401,903.
func Number[W Whole](ctx context.Context, n W) string {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return strconv.FormatInt(int64(n), 10)
	}
	return v.printer.Sprint(number.Decimal(n))
}

// Decimal writes a number with at most that many digits behind the point.
func Decimal(ctx context.Context, f float64, digits int) string {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return strconv.FormatFloat(f, 'f', digits, 64)
	}
	return v.printer.Sprint(number.Decimal(f, number.MaxFractionDigits(digits)))
}

// Percent writes 64 as "64 %".
func Percent[W Whole](ctx context.Context, n W) string {
	return T(ctx, "format.percent", "n", Number(ctx, n))
}

// Bytes writes a size in decimal units, three digits: "0 B", "4.81 GB", "212 MB".
func Bytes[W Whole](ctx context.Context, n W) string {
	size, unit := float64(n), "b"
	for _, next := range []string{"kb", "mb", "gb", "tb", "pb"} {
		if size < 999.5 {
			break
		}
		size, unit = size/1000, next
	}
	return T(ctx, "format.size."+unit, "n", Decimal(ctx, size, digitsFor(size)))
}

// Rate writes bytes a second: "38 MB/s".
func Rate[W Whole](ctx context.Context, n W) string {
	return T(ctx, "format.rate", "size", Bytes(ctx, n))
}

func digitsFor(size float64) int {
	switch {
	case size < 9.995:
		return 2
	case size < 99.95:
		return 1
	default:
		return 0
	}
}

// Duration writes the two largest units: "9 ms", "0.4 s", "3 m 41 s", "4 h 12 m", "6 d 2 h".
func Duration(ctx context.Context, d time.Duration) string {
	d = max(0, d)
	switch {
	case d == 0:
		return span(ctx, "s", 0)
	case d < 100*time.Millisecond:
		return span(ctx, "ms", int64(max(1, d.Round(time.Millisecond)/time.Millisecond)))
	case d < 10*time.Second && d%time.Second != 0 && d.Round(100*time.Millisecond) < 10*time.Second:
		return T(ctx, "format.span.s", "n", Decimal(ctx, d.Seconds(), 1))
	}
	d = d.Round(time.Second)
	day := 24 * time.Hour
	switch {
	case d < time.Minute:
		return span(ctx, "s", int64(d/time.Second))
	case d < time.Hour:
		return spans(ctx, "m", int64(d/time.Minute), "s", int64(d%time.Minute/time.Second))
	case d < day:
		return spans(ctx, "h", int64(d/time.Hour), "m", int64(d%time.Hour/time.Minute))
	default:
		return spans(ctx, "d", int64(d/day), "h", int64(d%day/time.Hour))
	}
}

func span(ctx context.Context, unit string, n int64) string {
	return T(ctx, "format.span."+unit, "n", Number(ctx, n))
}

func spans(ctx context.Context, unit string, n int64, small string, rest int64) string {
	if rest == 0 {
		return span(ctx, unit, n)
	}
	return T(ctx, "format.span.two", "large", span(ctx, unit, n), "small", span(ctx, small, rest))
}

// Clock writes a stop-watch's time: "1:22", "1:02:03".
func Clock(_ context.Context, d time.Duration) string {
	seconds := int64(max(0, d).Round(time.Second) / time.Second)
	two := func(n int64) string { return strconv.FormatInt(n/10, 10) + strconv.FormatInt(n%10, 10) }
	if seconds < 3600 {
		return strconv.FormatInt(seconds/60, 10) + ":" + two(seconds%60)
	}
	return strconv.FormatInt(seconds/3600, 10) + ":" + two(seconds/60%60) + ":" + two(seconds%60)
}

// Plain is a number for a machine to read, as in an attribute.
func Plain[W Whole](n W) string { return fmt.Sprint(n) }
