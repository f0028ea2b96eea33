package workers

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// sweep is work that looks for what is due. Several processes may sweep at once:
// rows are taken with SKIP LOCKED.
type sweep struct {
	name  string
	every time.Duration
	run   func(ctx context.Context) error
}

// runSweeps runs each sweep on its own beat until ctx ends.
func runSweeps(ctx context.Context, log *slog.Logger, sweeps []sweep) {
	var wg sync.WaitGroup
	for _, s := range sweeps {
		wg.Go(func() { s.loop(ctx, log) })
	}
	wg.Wait()
}

func (s sweep) loop(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		if err := s.once(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "sweep failed", "sweep", s.name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s sweep) once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return s.run(ctx)
}
