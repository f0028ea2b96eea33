package recovery

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// cutKey is the failure of work that was open when the dump was taken.
const cutKey = "recovery.fail.cut"

// mark settles what was open when the dump was taken, and sets up the row of the
// quarantine, in one transaction. Until it is there the database counts as in
// quarantine too (see queue.Gate).
func mark(ctx context.Context, databaseURL string, said about) error {
	pool, err := pgxpool.New(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, s := range []struct {
			sql  string
			args []any
		}{
			{`SET LOCAL ROLE levqor_system`, nil},
			// It may have arrived: somebody says whether it goes out again.
			{`UPDATE mails SET state = 'unknown' WHERE state = 'queued' AND kind NOT IN ('sign_in', 'step_up')`, nil},
			{`UPDATE mails SET state = 'failed', failure_key = $1 WHERE state = 'queued'`, []any{"mail.fail.recovered"}},
			// Its next step may be done: each that reaches outside is asked about first.
			{`UPDATE runs SET doubted = true WHERE state IN ('held', 'running', 'waiting')`, nil},
			// Their runs may have been started since.
			{`DELETE FROM workflow_events`, nil},
			// What it overwrites may have been written to since.
			{`WITH cut AS (
				UPDATE tasks SET state = 'failed', finished_at = now(), failure_class = 'canceled', failure_key = $1, failure_args = '{}', rate = 0
				WHERE kind IN ('restore', 'vault_upkeep') AND state IN ('queued', 'running') RETURNING id)
			INSERT INTO river_job (kind, args, queue, state, max_attempts) SELECT 'task_ended', jsonb_build_object('id', id::text), 'default', 'available', 25 FROM cut`, []any{cutKey}},
			// A hold may have been set since; the rules decide anew, and over what is adopted too.
			{`UPDATE snapshots SET state = 'good', deleted_at = NULL WHERE state = 'deleting'`, nil},
			{`UPDATE river_job SET state = 'available', scheduled_at = now(), max_attempts = greatest(max_attempts, attempt + 1) WHERE state = 'running'`, nil},
		} {
			if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO recovery_state (sealed_place, place, chosen_at, dumped_at, quarantined_at, recovered_from) VALUES (nullif($1, ''::bytea), $2, $3, $3, now(), $3)
			ON CONFLICT (only_row) DO UPDATE SET sealed_place = excluded.sealed_place, place = excluded.place, chosen_at = excluded.chosen_at,
				dumped_at = excluded.dumped_at, quarantined_at = excluded.quarantined_at, recovered_from = excluded.recovered_from`,
			said.Sealed, said.Place, said.TakenAt.UTC().Truncate(time.Microsecond))
		return err
	})
	if err != nil {
		return fmt.Errorf("settle what was open: %w", err)
	}
	return nil
}
