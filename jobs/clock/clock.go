// Package clock is the product's clock. Rules take the time as a parameter;
// whoever calls them asks a Clock, which a test may move.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock tells the wall clock's time plus an offset. The zero value is true time.
type Clock struct{ offset atomic.Int64 }

// Now is in UTC and cut to microseconds, as Postgres keeps it.
func (c *Clock) Now() time.Time {
	return time.Now().Add(time.Duration(c.offset.Load())).UTC().Truncate(time.Microsecond)
}

// Shift sets how far this clock is ahead of true time.
func (c *Clock) Shift(offset time.Duration) { c.offset.Store(int64(offset)) }

// Offset is how far this clock is ahead of true time.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }
