package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"

	"levqor/jobs/db"
)

// Heartbeat shows that a worker process lives, and takes up the jobs of those that
// do not. River alone notices a dead worker after its rescue time.
//
// A process has two signs of life. A lock on a connection of its own goes the moment
// it is killed; a row that it writes every second, by the database's clock, goes
// stale when it is frozen or cut off while its connections look alive. Whoever lost
// the lock for grace or the row for lease has lost its jobs: other workers end its
// sessions, so that no lock of its transactions stays, and put its jobs back under
// new ids, which it does not know. Should it wake, it cancels all it has at work
// before it beats again, and the task's epoch keeps it out of what it still tries.
//
// A worker judges others only after it has itself seen the database answer for a
// whole lease: an outage costs nobody a lease.
type Heartbeat struct {
	db       *db.DB
	id       string
	log      *slog.Logger
	inFlight *inFlight
	conn     *pgx.Conn
	missing  map[string]time.Time // who holds no lock, since when
	ended    chan struct{}
}

const (
	lockClass = 0x4c56
	beatEvery = time.Second
	beatTime  = 5 * time.Second // at most, for one beat
	lockGrace = 3 * time.Second // a restarted Postgres drops every lock
	leaseTime = 8 * time.Second
	maxGap    = 3 * time.Second // between two beats of whoever may judge others

	// frozenAfter is longer than the loop takes while the database is away.
	frozenAfter = beatTime + 2*time.Second
)

// NewHeartbeat makes the heartbeat of the River client with that id.
func NewHeartbeat(d *db.DB, id string, log *slog.Logger) *Heartbeat {
	return &Heartbeat{db: d, id: id, log: log, inFlight: newInFlight(d, id, log), missing: map[string]time.Time{}, ended: make(chan struct{})}
}

// Middleware notes which jobs this process works on.
func (h *Heartbeat) Middleware() rivertype.WorkerMiddleware { return h.inFlight }

// Start takes lock and lease before it returns, then keeps them and takes up what
// others lost, until ctx ends.
func (h *Heartbeat) Start(ctx context.Context) error {
	if err := h.connect(ctx); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	if err := h.register(ctx); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	h.inFlight.lease.Confirm(time.Now())
	go h.run(ctx)
	return nil
}

// Wait returns when the lease is given back, after the ctx of Start ended.
func (h *Heartbeat) Wait() { <-h.ended }

func (h *Heartbeat) run(ctx context.Context) {
	defer close(h.ended)
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			h.leave(context.WithoutCancel(ctx))
			return
		case <-tick.C:
		}
		h.inFlight.lease.Tick(time.Now())
		if err := h.beat(ctx); err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "heartbeat interrupted", "error", err)
		}
	}
}

func (h *Heartbeat) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatTime)
	defer cancel()
	if err := h.renew(ctx); err != nil {
		return err
	}
	return h.Reap(ctx, time.Now())
}

// renew writes a beat. A lost lease ends everything at work before a new one begins.
func (h *Heartbeat) renew(ctx context.Context) error {
	if h.conn.IsClosed() {
		if err := h.connect(ctx); err != nil {
			return err
		}
	}
	tag, err := h.conn.Exec(ctx, `
		UPDATE worker_leases SET beat_at = clock_timestamp(),
			steady_since = CASE WHEN clock_timestamp() - beat_at > $2::interval THEN clock_timestamp() ELSE steady_since END
		WHERE worker = $1 AND lost_at IS NULL`, h.id, maxGap)
	if err != nil {
		return h.drop(ctx, err)
	}
	if tag.RowsAffected() == 0 {
		if n := h.inFlight.cancelAll(); n > 0 {
			h.log.WarnContext(ctx, "lost the lease: what was at work is canceled", "jobs", n)
		}
		if err := h.register(ctx); err != nil {
			return h.drop(ctx, err)
		}
	}
	h.inFlight.lease.Confirm(time.Now())
	return nil
}

func (h *Heartbeat) connect(ctx context.Context) error {
	pooled, err := h.db.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack()
	_, err = conn.Exec(ctx, `SELECT set_config('role', 'levqor_system', false), set_config('synchronous_commit', 'off', false)`)
	if err == nil {
		_, err = conn.Exec(ctx, `SELECT pg_advisory_lock($1, hashtext($2))`, lockClass, h.id)
	}
	if err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	h.conn = conn
	return nil
}

// drop closes a connection that failed: the next beat makes another.
func (h *Heartbeat) drop(ctx context.Context, err error) error {
	_ = h.conn.Close(ctx)
	return err
}

func (h *Heartbeat) register(ctx context.Context) error {
	_, err := h.conn.Exec(ctx, `
		INSERT INTO worker_leases (worker, session, beat_at, steady_since) VALUES ($1, $2, clock_timestamp(), clock_timestamp())
		ON CONFLICT (worker) DO UPDATE SET session = excluded.session, beat_at = excluded.beat_at, steady_since = excluded.steady_since, lost_at = NULL`,
		h.id, h.db.Session())
	return err
}

// leave gives the lease back, so that nobody waits for it.
func (h *Heartbeat) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, beatTime)
	defer cancel()
	if !h.conn.IsClosed() {
		_, _ = h.conn.Exec(ctx, `DELETE FROM worker_leases WHERE worker = $1`, h.id) // else it runs out
		_ = h.conn.Close(ctx)
	}
}
