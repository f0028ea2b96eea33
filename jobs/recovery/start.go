package recovery

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
)

// Args is the job that dumps our own database.
type Args struct{}

// Kind names the job.
func (Args) Kind() string { return "recovery_dump" }

// InsertOpts gives it one attempt: the sweep asks again.
func (Args) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Default, MaxAttempts: 1}
}

// askAgain is how long a dump that was asked for may stay away, by a failure or a
// dead worker, before another is.
const askAgain = 15 * time.Minute

// Sweep asks for a dump when one is due.
func (r *Recovery) Sweep(ctx context.Context) error {
	return r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := r.clock.Now()
		tag, err := tx.Exec(ctx, `
			UPDATE recovery_state SET dump_asked_at = $1
			WHERE sealed_place IS NOT NULL AND quarantined_at IS NULL
			  AND (dump_asked_at IS NULL OR dump_asked_at < $2 OR dump_asked_at <= dumped_at)
			  AND (dumped_at IS NULL OR dumped_at < $3 OR EXISTS (SELECT FROM vaults WHERE created_at > dumped_at))`,
			now, now.Add(-askAgain), now.Add(-Every))
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return r.queue.Insert(ctx, tx, Args{})
	})
}

// Start asks for a dump now. NotFound (recovery.fail.nowhere) without a place;
// Conflict (recovery.fail.under_way) while one is on its way.
func (r *Recovery) Start(ctx context.Context) error {
	return r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := r.clock.Now()
		var chosen, busy bool
		err := tx.QueryRow(ctx, `
			SELECT sealed_place IS NOT NULL, coalesce(dump_asked_at > $1 AND dump_failure = '' AND (dumped_at IS NULL OR dump_asked_at > dumped_at), false) FROM recovery_state FOR UPDATE`,
			now.Add(-askAgain)).Scan(&chosen, &busy)
		switch {
		case err != nil && !db.NoRows(err):
			return err
		case !chosen:
			return fail.New(fail.NotFound, "recovery.fail.nowhere")
		case busy:
			return fail.New(fail.Conflict, "recovery.fail.under_way")
		}
		if _, err := tx.Exec(ctx, `UPDATE recovery_state SET dump_asked_at = $1`, now); err != nil {
			return err
		}
		return r.queue.Insert(ctx, tx, Args{})
	})
}
