package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"levqor/jobs/workflow"
)

// load is what many callers at once got, and what a run cost.
type load struct {
	rate     float64 // runs a second
	p50, p99 time.Duration
	app, db  time.Duration // CPU of the web and worker processes, and of Postgres, a run
	wal      int64         // bytes a run
}

func (l load) String() string {
	return fmt.Sprintf("%.0f runs/s, p50 %s, p99 %s, CPU a run %s + Postgres %s, WAL %d B", l.rate, millis(l.p50), millis(l.p99), millis(l.app), millis(l.db), l.wal)
}

func (s *street) calling(door string) func(ctx context.Context) error {
	return func(ctx context.Context) error { return s.call(ctx, door) }
}

// load lets all callers do the same for a while.
func (s *street) load(ctx context.Context, do func(ctx context.Context) error) (load, error) {
	before, err := s.meter(ctx)
	if err != nil {
		return load{}, err
	}
	length := loadTime
	if s.b.quick {
		length = loadTime / 10
	}
	var mu sync.Mutex
	var took []time.Duration
	start := time.Now()
	group, ctx2 := errgroup.WithContext(ctx)
	for range callers {
		group.Go(func() error {
			for time.Since(start) < length {
				began := time.Now()
				if err := do(ctx2); err != nil {
					return err
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return load{}, err
	}
	wall := time.Since(start)
	after, err := s.meter(ctx)
	if err != nil {
		return load{}, err
	}
	n := time.Duration(len(took))
	return load{
		rate: float64(len(took)) / wall.Seconds(), p50: quantile(took, 50), p99: quantile(took, 99),
		app: (after.app - before.app) / n, db: (after.db - before.db) / n, wal: (after.wal - before.wal) / int64(n),
	}, nil
}

// alone calls one after the other.
func (s *street) alone(ctx context.Context, door string, n int) (took []time.Duration, err error) {
	for range n {
		began := time.Now()
		if err := s.call(ctx, door); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// delays calls now and then, and reads from the runs' rows how long each waited
// for its first step.
func (s *street) delays(ctx context.Context, n int, pause time.Duration, door string) ([]time.Duration, error) {
	since := time.Now()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for range n {
		if err := s.call(ctx, door); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
	var micros []int64
	err := s.pool.QueryRow(ctx, `
		SELECT array_agg((extract(epoch FROM r.started_at - r.created_at) * 1e6)::bigint)
		FROM runs r JOIN workflow_triggers t USING (workflow_id)
		WHERE t.token_hash = $1 AND r.created_at >= $2 AND r.started_at IS NOT NULL`, workflow.HashToken(door), since).Scan(&micros)
	if err != nil {
		return nil, err
	}
	if len(micros) < n {
		return nil, fmt.Errorf("%d runs of %d have started", len(micros), n)
	}
	delays := make([]time.Duration, len(micros))
	for i, us := range micros {
		delays[i] = time.Duration(us) * time.Microsecond
	}
	return delays, nil
}

func quantile(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }
