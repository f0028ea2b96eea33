package drill

import (
	"context"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// FollowBackup starts a drill by itself: after a good backup of a plan that has
// no proof yet, or whose copy is no longer like the one that was proven. Any other ended task is none of its business.
func (d *Drills) FollowBackup(ctx context.Context, t task.Task) error {
	if t.Kind != task.Backup || t.State != task.Succeeded {
		return nil
	}
	return d.db.InWorkspace(ctx, t.WorkspaceID, func(ctx context.Context, tx pgx.Tx) error {
		plan, calls, err := planToProve(ctx, tx, t.ID, d.clock.Now())
		if db.NoRows(err) {
			return nil // the backup's source was removed meanwhile
		}
		if err != nil || !calls {
			return err
		}
		p, err := lockPlan(ctx, tx, plan)
		if fail.Is(err, fail.NotFound) {
			return nil
		}
		if err != nil || !p.HasCopy {
			return err
		}
		_, err = d.insert(ctx, tx, account.System(t.WorkspaceID), task.BySystem, p, nil, nil)
		if fail.Is(err, fail.Conflict) {
			return nil // one is on its way
		}
		return err
	})
}
