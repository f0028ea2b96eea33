package web

import (
	"context"
	"io"
	"time"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/live"
)

// Grant is the right that something lives on which outlasts its request: a
// download, an event stream.
type Grant struct {
	Actor account.Actor
	Power account.Power
}

// While is a context that ends when the process stops, or when the actor, as he is
// by then, has the right no more: at once when he is removed or changed, within
// account.RecheckEvery whatever else took it.
func (s *Site) While(g Grant) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(s.Stop)
	if g.Actor.Kind != account.KindSystem {
		go func() {
			defer cancel()
			s.recheck(ctx, g)
		}()
	}
	return ctx, cancel
}

// recheck returns when the right is gone. A database that does not answer takes
// nobody's right away: nobody can be removed in it either.
func (s *Site) recheck(ctx context.Context, g Grant) {
	changes := s.Services.Live.Subscribe(ctx, g.Actor.Workspace, []live.Topic{account.AccessChanged})
	tick := time.NewTicker(account.RecheckEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
		case <-tick.C:
		}
		now, err := s.Services.Accounts.AsNow(ctx, g.Actor)
		if fail.Is(err, fail.Unauthenticated) || err == nil && !now.Can(g.Power) {
			return
		}
	}
}

// whileReader reads until ctx ends.
type whileReader struct {
	io.Reader
	io.Closer
	ctx context.Context
}

func (r whileReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
