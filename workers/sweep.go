package workers

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"levqor/jobs/queue"
)

// sweep is work that looks for what is due. Several processes may sweep at once:
// rows are taken with SKIP LOCKED.
type sweep struct {
	name  string
	every time.Duration
	run   func(ctx context.Context) error
}

// runSweeps runs each sweep on its own beat until ctx ends, and none in quarantine.
func runSweeps(ctx context.Context, log *slog.Logger, gate *queue.Gate, sweeps []sweep) {
	var wg sync.WaitGroup
	for _, s := range sweeps {
		wg.Go(func() { s.loop(ctx, log, gate) })
	}
	wg.Wait()
}

func (s sweep) loop(ctx context.Context, log *slog.Logger, gate *queue.Gate) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		if err := s.once(ctx, gate); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "sweep failed", "sweep", s.name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s sweep) once(ctx context.Context, gate *queue.Gate) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if shut, err := gate.Shut(ctx); err != nil || shut {
		return err
	}
	return s.run(ctx)
}
