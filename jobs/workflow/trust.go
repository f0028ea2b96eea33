package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// Trust is an "always allow": a step that asks nobody any more before it touches
// exactly this.
type Trust struct {
	ID        uuid.UUID
	StepID    string
	Reach     string // to whom: addresses, or method and host
	GrantedBy string
	CreatedAt time.Time
}

// mostTrusts that a list shows.
const mostTrusts = 500

// Trusts of a workflow, newest first. Needs View.
func (w *Workflows) Trusts(ctx context.Context, actor account.Actor, id uuid.UUID) (found []Trust, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := find(ctx, tx, id, ""); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT id, step_id, reach, granted_by, created_at FROM trusts WHERE workflow_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id LIMIT $2`, id, mostTrusts)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Trust])
		return err
	})
	return found, err
}

// Distrust ends an "always allow": the step asks again from now on. Needs Operate,
// as asking more is safe.
func (w *Workflows) Distrust(ctx context.Context, actor account.Actor, id, trust uuid.UUID) error {
	if err := actor.Require(account.Operate); err != nil {
		return err
	}
	return w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err := find(ctx, tx, id, "")
		if err != nil {
			return err
		}
		var step, reach string
		err = tx.QueryRow(ctx, `UPDATE trusts SET revoked_at = $3 WHERE id = $2 AND workflow_id = $1 AND revoked_at IS NULL RETURNING step_id, reach`, id, trust, w.clock.Now()).Scan(&step, &reach)
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		if err != nil {
			return fmt.Errorf("end a trust: %w", err)
		}
		return audit.Write(ctx, tx, actor, w.clock.Now(), audit.Event{Action: "trust.ended", SubjectKind: "workflow", SubjectID: id.String(), SubjectName: found.Name,
			Detail: map[string]any{"step": step, "reach": reach}})
	})
}
