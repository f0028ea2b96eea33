package vault

import (
	"context"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
)

// sweepLimit bounds one sweep's transaction; the rest waits for the next.
const sweepLimit = 50

// SweepAhead brings back upkeep that lies further ahead than it is ever planned: the
// clock went forward and came back.
func (v *Vaults) SweepAhead(ctx context.Context) error {
	return v.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := v.clock.Now()
		_, err := tx.Exec(ctx, `
			UPDATE vaults SET upkeep_due_at = least(upkeep_due_at, $1), full_upkeep_at = nullif(least(full_upkeep_at, $1), $1), verified_at = nullif(least(verified_at, $1), $1)
			WHERE deleted_at IS NULL AND (upkeep_due_at > $2 OR full_upkeep_at > $1 OR verified_at > $1)`, now, now.Add(2*quickEvery))
		return err
	})
}

// SweepUpkeep starts the upkeep of vaults whose hour has come: those used since,
// and those whose daily round is due. Several processes may sweep at once.
func (v *Vaults) SweepUpkeep(ctx context.Context) error {
	return v.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := v.clock.Now()
		rows, err := tx.Query(ctx, `SELECT `+rowColumns+` FROM vaults v
			WHERE v.deleted_at IS NULL AND v.state = 'ready' AND v.upkeep_due_at <= $1
			ORDER BY v.upkeep_due_at LIMIT $2 FOR UPDATE SKIP LOCKED`, now, sweepLimit)
		if err != nil {
			return err
		}
		due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			return err
		}
		for _, r := range due {
			if err := v.sweep(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *Vaults) sweep(ctx context.Context, tx pgx.Tx, r row) error {
	now := v.clock.Now()
	var used bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM snapshots WHERE vault_id = $1 AND (taken_at >= $2 OR deleted_at >= $2))`,
		r.ID, now.Add(-2*quickEvery)).Scan(&used)
	if err != nil {
		return err
	}
	var again bool // a copy is to be read again
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM snapshots WHERE vault_id = $1 AND state = 'good' AND health = 'doubted' AND reread_at <= $2
		AND coalesce(doubt ->> 'cause', 'read') = 'read')`, r.ID, now).Scan(&again)
	if err != nil {
		return err
	}
	next := now
	if again {
		next = now.Add(patience)
	}
	if used || again || r.FullUpkeepAt == nil || now.Sub(*r.FullUpkeepAt) >= fullEvery {
		// A vault that is busy with another round has had its turn.
		_, err := v.enqueueUpkeep(ctx, tx, account.System(r.WorkspaceID), r)
		if err != nil && !fail.Is(err, fail.Conflict) {
			return err
		}
	}
	if _, err = tx.Exec(ctx, `UPDATE vaults SET upkeep_due_at = $2 WHERE id = $1`, r.ID, now.Add(quickEvery)); err != nil {
		return err
	}
	return planReread(ctx, tx, r.ID, next, now.Add(quickEvery))
}
