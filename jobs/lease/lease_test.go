package lease_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"levqor/jobs/lease"
)

func TestHeld(t *testing.T) {
	t.Parallel()
	const frozenAfter = 7 * time.Second
	t.Run("work without a lease goes on", func(t *testing.T) {
		if err := lease.Held(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("a frozen process waits until the lease is confirmed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := lease.New(frozenAfter)
			l.Confirm(time.Now())
			if err := lease.Held(l.With(t.Context())); err != nil {
				t.Fatal(err)
			}
			time.Sleep(frozenAfter + time.Second)
			l.Tick(time.Now()) // the heartbeat woke before the work did
			began := time.Now()
			go func() {
				time.Sleep(3 * time.Second)
				l.Confirm(time.Now())
			}()
			if err := lease.Held(l.With(t.Context())); err != nil || time.Since(began) < 3*time.Second {
				t.Errorf("%v after %s", err, time.Since(began))
			}
		})
	})
	t.Run("and does nothing when it was lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := lease.New(frozenAfter)
			l.Confirm(time.Now())
			ctx, cancel := context.WithCancelCause(l.With(t.Context()))
			time.Sleep(frozenAfter + time.Second)
			go func() {
				time.Sleep(time.Second)
				cancel(lease.ErrLost)
			}()
			if err := lease.Held(ctx); !errors.Is(err, lease.ErrLost) {
				t.Error(err)
			}
		})
	})
	t.Run("a database that is away freezes nobody", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := lease.New(frozenAfter)
			l.Confirm(time.Now())
			for range 20 {
				time.Sleep(5 * time.Second)
				l.Tick(time.Now())
			}
			if !l.Sure(time.Now()) {
				t.Error("it doubts")
			}
		})
	})
}
