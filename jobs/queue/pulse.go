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

// Pulse shows that a worker process lives, and puts back the jobs of those that
// do not. River alone notices a killed worker after its rescue time, an hour.
//
// Each process holds an advisory lock, keyed by its client id, on a connection
// of its own; a killed process loses it at once. Every second one process looks
// for running jobs whose client holds no lock. A client must be missing for
// grace before its jobs are taken, so that a restarted Postgres, which drops
// every lock, does not make all workers take each other's jobs. Whoever was
// wrongly thought dead is kept out by the task's epoch.
type Pulse struct {
	db      *db.DB
	id      string
	log     *slog.Logger
	hands   *hands
	missing map[string]time.Time
}

const (
	pulseLockClass = 0x4c56
	pulseEvery     = time.Second
	pulseGrace     = 3 * time.Second
)

// NewPulse makes the pulse of the River client with that id.
func NewPulse(d *db.DB, id string, log *slog.Logger) *Pulse {
	return &Pulse{db: d, id: id, log: log, hands: newHands(d, id, log), missing: map[string]time.Time{}}
}

// Start takes the lock before it returns, then keeps it and reaps until ctx ends.
func (p *Pulse) Start(ctx context.Context) error {
	conn, err := p.hold(ctx)
	if err != nil {
		return fmt.Errorf("pulse: %w", err)
	}
	go p.run(ctx, conn)
	return nil
}

func (p *Pulse) run(ctx context.Context, conn *pgx.Conn) {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = conn.Close(context.WithoutCancel(ctx))
			return
		case <-tick.C:
		}
		if err := p.beat(ctx, &conn); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "worker pulse interrupted", "error", err)
		}
	}
}

// beat keeps the lock's connection alive, replacing it when it is gone, and reaps.
func (p *Pulse) beat(ctx context.Context, conn **pgx.Conn) error {
	beatCtx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := (*conn).Ping(beatCtx); err != nil {
		_ = (*conn).Close(beatCtx)
		fresh, err := p.hold(beatCtx)
		if err != nil {
			return err
		}
		*conn = fresh
	}
	return p.Reap(beatCtx, time.Now())
}

func (p *Pulse) hold(ctx context.Context) (*pgx.Conn, error) {
	pooled, err := p.db.Pool().Acquire(ctx)
	if err != nil {
		return nil, err
	}
	conn := pooled.Hijack()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1, hashtext($2))`, pulseLockClass, p.id); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

// Middleware notes which jobs this process works on.
func (p *Pulse) Middleware() rivertype.WorkerMiddleware { return p.hands }

// Reap puts back the running jobs of clients that have held no lock for grace, and
// those of this process that it has not been working on for grace.
func (p *Pulse) Reap(ctx context.Context, now time.Time) error {
	return errors.Join(p.reapDead(ctx, now), p.hands.putBack(ctx, now))
}

func (p *Pulse) reapDead(ctx context.Context, now time.Time) error {
	silent, err := p.silent(ctx)
	if err != nil {
		return fmt.Errorf("look for silent workers: %w", err)
	}
	var dead []string
	missing := map[string]time.Time{}
	for _, client := range silent {
		since, known := p.missing[client]
		if !known {
			since = now
		}
		missing[client] = since
		if now.Sub(since) >= pulseGrace {
			dead = append(dead, client)
		}
	}
	p.missing = missing
	if len(dead) == 0 {
		return nil
	}
	tag, err := p.db.Pool().Exec(ctx, `
		UPDATE river_job SET state = 'available', scheduled_at = now(), max_attempts = greatest(max_attempts, attempt + 1)
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = ANY($1)`, dead)
	if err != nil {
		return fmt.Errorf("put back the jobs of dead workers: %w", err)
	}
	if tag.RowsAffected() > 0 {
		p.log.WarnContext(ctx, "took up the jobs of dead workers", "jobs", tag.RowsAffected(), "workers", dead)
	}
	return nil
}

func (p *Pulse) silent(ctx context.Context) ([]string, error) {
	rows, err := p.db.Pool().Query(ctx, `
		WITH holders AS (
			SELECT objid::bigint AS key FROM pg_locks
			WHERE locktype = 'advisory' AND classid = $1 AND granted
			  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		), running AS (
			SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] AS client FROM river_job WHERE state = 'running'
		)
		SELECT client FROM running
		WHERE client IS NOT NULL AND (hashtext(client)::bigint & 4294967295) NOT IN (SELECT key FROM holders)`, pulseLockClass)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
