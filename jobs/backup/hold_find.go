package backup

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

const holdColumns = `h.id, h.snapshot_id, h.reason, h.until, h.held_by, h.created_at, h.released_at, h.released_by`

// HoldsOf a snapshot, newest first, released ones too. Needs View.
func (b *Backups) HoldsOf(ctx context.Context, actor account.Actor, snapshot uuid.UUID) (holds []Hold, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := findSnapshot(ctx, tx, snapshot, b.clock.Now()); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+holdColumns+` FROM holds h WHERE h.snapshot_id = $1 ORDER BY h.created_at DESC, h.id DESC LIMIT 200`, snapshot)
		if err != nil {
			return err
		}
		holds, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Hold])
		return err
	})
	return holds, err
}

// FindHold needs View.
func (b *Backups) FindHold(ctx context.Context, actor account.Actor, id uuid.UUID) (found Hold, err error) {
	if err := actor.Require(account.View); err != nil {
		return Hold{}, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+holdColumns+` FROM holds h WHERE h.id = $1`, id)
		if err != nil {
			return err
		}
		found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Hold])
		return err
	})
	if db.NoRows(err) {
		return Hold{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}
