package engine

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/workflow/step"
)

// Reply is what a synchronous caller is told.
type Reply = step.Reply

// trust is one "always allow": this step, touching exactly these.
type trust struct{ StepID, Reach string }

// trusts reports whether an owner allowed the step to touch reach for good.
func (a *advance) trusts(ctx context.Context, stepID, reach string) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.trusted == nil {
		if err := a.loadTrusts(ctx); err != nil {
			return false, err
		}
	}
	return a.trusted[trust{stepID, reach}], nil
}

func (a *advance) loadTrusts(ctx context.Context) error {
	err := a.db.InWorkspace(ctx, a.run.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT step_id, reach FROM trusts WHERE workflow_id = $1 AND revoked_at IS NULL`, a.run.Workflow)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[trust])
		a.trusted = map[trust]bool{}
		for _, t := range found {
			a.trusted[t] = true
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read what is always allowed: %w", err)
	}
	return nil
}
