package locales

import (
	"context"
	"time"
)

type contextKey struct{}

// voice is what a context carries: the language, the reader's zone, the moment.
type voice struct {
	*tongue
	now  time.Time
	zone *time.Location
}

func voiceOf(ctx context.Context) voice {
	v, _ := ctx.Value(contextKey{}).(voice)
	return v
}

// With makes ctx speak that language; a code that is not known means English.
func (c *Catalogue) With(ctx context.Context, code string) context.Context {
	v := voiceOf(ctx)
	v.tongue = c.tongues[English]
	if t, ok := c.tongues[code]; ok {
		v.tongue = t
	}
	return context.WithValue(ctx, contextKey{}, v)
}

// WithZone sets the zone in which times are shown; without it they are UTC.
func WithZone(ctx context.Context, zone *time.Location) context.Context {
	v := voiceOf(ctx)
	v.zone = zone
	return context.WithValue(ctx, contextKey{}, v)
}

// WithNow sets the moment that Ago, In and When count from. Without it they say
// the date and time instead.
func WithNow(ctx context.Context, now time.Time) context.Context {
	v := voiceOf(ctx)
	v.now = now
	return context.WithValue(ctx, contextKey{}, v)
}

// Now is the moment set by WithNow, else the zero time.
func Now(ctx context.Context) time.Time { return voiceOf(ctx).now }

// Zone is the reader's zone, UTC unless set.
func Zone(ctx context.Context) *time.Location {
	if zone := voiceOf(ctx).zone; zone != nil {
		return zone
	}
	return time.UTC
}

// Lang is the language's BCP 47 code, for the lang attribute.
func Lang(ctx context.Context) string {
	if v := voiceOf(ctx); v.tongue != nil {
		return v.Code
	}
	return English
}

// Dir is "ltr" or "rtl", for the dir attribute.
func Dir(ctx context.Context) string {
	if v := voiceOf(ctx); v.tongue != nil {
		return v.Dir
	}
	return "ltr"
}
