package recovery

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/fail"
)

// Open is what was open when the dump was taken and waits for a person's answer.
type Open struct {
	Mails int
	Runs  int
	Tasks int // restores and upkeeps that were cut
}

// Open counts it.
func (r *Recovery) Open(ctx context.Context) (o Open, err error) {
	err = r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM mails WHERE state = 'unknown'), (SELECT count(*) FROM runs WHERE doubted AND state IN ('held', 'running', 'waiting')),
				(SELECT count(*) FROM tasks WHERE failure_key = $1)`, cutKey).Scan(&o.Mails, &o.Runs, &o.Tasks)
	})
	return o, err
}

// Release ends the quarantine. Workflows of a schedule go on with their next slot,
// since those that passed may have run. Needs staff with a fresh sign-in, or the
// command line. Conflict (recovery.fail.released) when there is none.
func (r *Recovery) Release(ctx context.Context, actor account.Actor, skipMissed func(context.Context, pgx.Tx, time.Time) error) error {
	if err := r.staff(actor); err != nil {
		return err
	}
	return r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := r.clock.Now()
		tag, err := tx.Exec(ctx, `UPDATE recovery_state SET quarantined_at = NULL, released_at = $1, released_by = $2 WHERE quarantined_at IS NOT NULL`, now, actor.Name)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fail.New(fail.Conflict, "recovery.fail.released")
		}
		if err := skipMissed(ctx, tx, now); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, now, audit.Event{Action: "recovery.released", SubjectKind: "installation"})
	})
}
