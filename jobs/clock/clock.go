// Package clock is the product's clock. Rules take the time as a parameter;
// whoever calls them asks a Clock, which a test may move.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock tells the wall clock's time plus an offset. The zero value is true time.
type Clock struct {
	offset atomic.Int64
	skew   atomic.Int64
}

// Now is in UTC and cut to microseconds, as Postgres keeps it.
func (c *Clock) Now() time.Time {
	return c.Wall().Add(time.Duration(c.offset.Load())).Truncate(time.Microsecond)
}

// Wall is what the machine's own clock says, whatever Shift made of Now.
func (c *Clock) Wall() time.Time { return time.Now().Add(time.Duration(c.skew.Load())).UTC() }

// Shift sets how far Now is ahead of the machine's clock: on purpose.
func (c *Clock) Shift(offset time.Duration) { c.offset.Store(int64(offset)) }

// Skew sets the machine's clock wrong by that much, as a test of clocks that jump needs it.
func (c *Clock) Skew(by time.Duration) { c.skew.Store(int64(by)) }

// Offset is how far Now is ahead of the machine's clock.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }
