// Package lease lets work ask, before an effect outside the database, whether its
// process may still do it: a worker that was frozen may have been replaced.
package lease

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrLost is the cause of a context whose worker was thought dead: another worker has
// its jobs.
var ErrLost = errors.New("the worker's lease was lost")

// Lease is what a worker process knows of its own right to work. The heartbeat calls
// Tick each second, whatever the database does, and Confirm when the database said
// that the lease stands.
type Lease struct {
	frozenAfter time.Duration

	mu       sync.Mutex
	lastTick time.Time
	sure     bool // no freeze since it was last confirmed
}

// New makes a lease that nobody confirmed yet. Without a tick for frozenAfter the
// process must have been frozen.
func New(frozenAfter time.Duration) *Lease { return &Lease{frozenAfter: frozenAfter} }

// Tick notes that the process runs; after a gap nothing is sure until Confirm.
func (l *Lease) Tick(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sure = l.sure && !l.frozen(now)
	l.lastTick = now
}

// Confirm notes that the lease stood a moment ago.
func (l *Lease) Confirm(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sure, l.lastTick = true, now
}

// Sure reports whether the process ran all the time since the lease was confirmed.
func (l *Lease) Sure(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sure && !l.frozen(now)
}

// frozen looks at both clocks: a paused machine's monotonic one may have stood still.
func (l *Lease) frozen(now time.Time) bool {
	return now.Sub(l.lastTick) > l.frozenAfter || now.Round(0).Sub(l.lastTick.Round(0)) > l.frozenAfter
}

type key struct{}

// With gives work the lease that it is done under.
func (l *Lease) With(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, l) }

// Held is asked before an effect. It costs nothing while the process runs; after a
// freeze it waits until the lease is confirmed. ErrLost when it was lost, and the
// cause of ctx when that ended. Work that is not a worker's has no lease to lose.
func Held(ctx context.Context) error {
	if l, ok := ctx.Value(key{}).(*Lease); ok {
		for !l.Sure(time.Now()) {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return context.Cause(ctx)
}
