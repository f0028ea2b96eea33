package db

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// probe is the last try of a write.
type probe struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

const (
	probeEvery = 2 * time.Second // at most
	probeTime  = 2 * time.Second
)

// Ready tries what every request needs: a connection that answers, and a write that is
// committed, which who asks often is told of a moment ago. It takes seconds at most.
func (d *DB) Ready(ctx context.Context) error {
	asked := time.Now()
	if err := d.ping(ctx); err != nil {
		return err
	}
	d.probe.mu.Lock()
	defer d.probe.mu.Unlock()
	if d.probe.at.After(asked) || d.probe.err == nil && time.Since(d.probe.at) < probeEvery {
		return d.probe.err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	d.probe.err = d.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE installation SET probed_at = now()`)
		return err
	})
	d.probe.at = time.Now()
	return d.probe.err
}

func (d *DB) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return d.pool.Ping(ctx)
}
