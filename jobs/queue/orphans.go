package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Reap takes up the jobs of workers that lost their lock or their lease, and those
// of this process that it has not been working on for grace.
func (h *Heartbeat) Reap(ctx context.Context, now time.Time) error {
	return errors.Join(h.reapLost(ctx, now), h.inFlight.putBack(ctx, now))
}

func (h *Heartbeat) reapLost(ctx context.Context, now time.Time) error {
	var lost []string
	err := h.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		lost, err = h.expire(ctx, tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for lost leases: %w", err)
	}
	silent, err := h.silent(ctx)
	if err != nil {
		return fmt.Errorf("look for silent workers: %w", err)
	}
	if lost = append(lost, h.overdue(silent, now)...); len(lost) == 0 {
		return nil
	}
	if err := h.endSessions(ctx, lost); err != nil {
		return fmt.Errorf("end the sessions of lost workers: %w", err)
	}
	jobs, err := h.putBackOf(ctx, lost)
	if err != nil {
		return fmt.Errorf("take up the jobs of lost workers: %w", err)
	}
	h.log.WarnContext(ctx, "took up the jobs of lost workers", "jobs", jobs, "workers", lost)
	return nil
}

// expire marks the leases that ran out while this worker saw the database answer all
// the time, and names every marked one that nobody has cleared yet.
func (h *Heartbeat) expire(ctx context.Context, tx pgx.Tx) ([]string, error) {
	if _, err := tx.Exec(ctx, `
		UPDATE worker_leases l SET lost_at = clock_timestamp() FROM worker_leases me
		WHERE l.worker <> me.worker AND l.lost_at IS NULL AND l.beat_at < clock_timestamp() - $2::interval
		  AND me.worker = $1 AND me.lost_at IS NULL
		  AND me.steady_since < clock_timestamp() - $2::interval AND me.beat_at > clock_timestamp() - $3::interval`,
		h.id, leaseTime, maxGap); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT worker FROM worker_leases WHERE lost_at IS NOT NULL AND worker <> $1`, h.id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// silent are the clients of running jobs that hold no lock.
func (h *Heartbeat) silent(ctx context.Context) ([]string, error) {
	rows, err := h.db.Pool().Query(ctx, `
		WITH holders AS (
			SELECT objid::bigint AS key FROM pg_locks
			WHERE locktype = 'advisory' AND classid = $1 AND granted
			  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		), running AS (
			SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] AS client FROM river_job WHERE state = 'running'
		)
		SELECT client FROM running
		WHERE client IS NOT NULL AND (hashtext(client)::bigint & 4294967295) NOT IN (SELECT key FROM holders)`, lockClass)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// overdue are those of silent that have been so for grace.
func (h *Heartbeat) overdue(silent []string, now time.Time) (overdue []string) {
	missing := map[string]time.Time{}
	for _, client := range silent {
		since, known := h.missing[client]
		if !known {
			since = now
		}
		missing[client] = since
		if now.Sub(since) >= lockGrace {
			overdue = append(overdue, client)
		}
	}
	h.missing = missing
	return overdue
}

// endSessions ends what the workers still have open here: a frozen process would keep
// the locks of its transactions for as long as it is frozen. Only the role that
// connected may end its own sessions.
func (h *Heartbeat) endSessions(ctx context.Context, workers []string) error {
	return h.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT session FROM worker_leases WHERE worker = ANY($1) AND session <> $2`, workers, h.db.Session())
		if err != nil {
			return err
		}
		sessions, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(sessions) == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `SET LOCAL ROLE NONE`); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE application_name = ANY($1) AND datname = current_database() AND usename = session_user AND pid <> pg_backend_pid()`, sessions)
		return err
	})
}

// putBackOf makes the workers' jobs available under new ids: what a woken worker
// still notes about the old ones meets no row.
func (h *Heartbeat) putBackOf(ctx context.Context, workers []string) (jobs int64, err error) {
	err = h.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			WITH orphans AS (
				DELETE FROM river_job WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = ANY($1) RETURNING *
			)
			INSERT INTO river_job (args, attempt, attempted_at, attempted_by, created_at, errors, kind, max_attempts, metadata,
				priority, queue, state, scheduled_at, tags, unique_key, unique_states)
			SELECT args, attempt, attempted_at, attempted_by, created_at, errors, kind, greatest(max_attempts, attempt + 1), metadata,
				priority, queue, 'available', least(scheduled_at, now()), tags, unique_key, unique_states
			FROM orphans ORDER BY id`, workers)
		if err != nil {
			return err
		}
		jobs = tag.RowsAffected()
		_, err = tx.Exec(ctx, `DELETE FROM worker_leases WHERE worker = ANY($1)`, workers)
		return err
	})
	return jobs, err
}
