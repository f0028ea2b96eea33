package vault

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// Tasks are a vault's newest set-ups and upkeeps. Needs View.
func (v *Vaults) Tasks(ctx context.Context, actor account.Actor, id uuid.UUID, limit int) (found []task.Task, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = v.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+task.Columns+` FROM vault_tasks k JOIN tasks t USING (id)
			WHERE k.vault_id = $1 ORDER BY k.created_at DESC LIMIT $2`, id, min(limit, 200))
		if err != nil {
			return fmt.Errorf("list tasks of a vault: %w", err)
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[task.Task])
		return err
	})
	return found, err
}

// OfTask is the vault that a set-up or upkeep is about; uuid.Nil when it was
// deleted since. Needs View. NotFound for any other task.
func (v *Vaults) OfTask(ctx context.Context, actor account.Actor, id uuid.UUID) (found uuid.UUID, err error) {
	if err := actor.Require(account.View); err != nil {
		return uuid.Nil, err
	}
	err = v.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err := ofTask(ctx, tx, id)
		switch {
		case db.NoRows(err):
			return fail.New(fail.NotFound, "fail.not_found")
		case err == nil && r.DeletedAt == nil:
			found = r.ID
		}
		return err
	})
	return found, err
}

// Roots are the folders that the operator allows vaults in.
func (v *Vaults) Roots() string { return v.options.Roots.String() }
