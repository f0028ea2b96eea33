package backup

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// NewestOfPlanIn is the plan's newest snapshot, as tx sees it: a sound one where
// there is one. Needs View.
// NotFound (backup.fail.no_copy) when there is none.
func (b *Backups) NewestOfPlanIn(ctx context.Context, tx pgx.Tx, actor account.Actor, plan uuid.UUID) (uuid.UUID, error) {
	return newest(ctx, tx, actor, `SELECT id FROM snapshots WHERE plan_id = $1 AND state = 'good' ORDER BY health <> 'sound', taken_at DESC, id LIMIT 1`, plan)
}

// NewestOfSourceIn is NewestOfPlanIn of all plans of a source.
func (b *Backups) NewestOfSourceIn(ctx context.Context, tx pgx.Tx, actor account.Actor, source uuid.UUID) (uuid.UUID, error) {
	return newest(ctx, tx, actor, `SELECT id FROM snapshots WHERE source_id = $1 AND state = 'good' ORDER BY health <> 'sound', taken_at DESC, id LIMIT 1`, source)
}

func newest(ctx context.Context, tx pgx.Tx, actor account.Actor, sql string, of uuid.UUID) (found uuid.UUID, err error) {
	if err := actor.Require(account.View); err != nil {
		return uuid.Nil, err
	}
	err = tx.QueryRow(ctx, sql, of).Scan(&found)
	if db.NoRows(err) {
		return uuid.Nil, fail.New(fail.NotFound, "backup.fail.no_copy")
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("find newest snapshot: %w", err)
	}
	return found, nil
}
