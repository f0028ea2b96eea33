package restore

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// keepToday backs up what files and buckets hold now, before it is replaced.
// Without that copy nothing is touched.
func (r *Restores) keepToday(ctx context.Context, a *task.Active, j *job) error {
	for j.progress.Undo == nil {
		id, err := r.backups.Start(ctx, account.System(j.WorkspaceID), j.copy.PlanID)
		switch {
		case err == nil:
			if err := j.remember(ctx, a, func(s *steps) { s.Undo = &id }); err != nil {
				return err
			}
		case !fail.Is(err, fail.Conflict): // busy: one that runs may have begun before today's last change
			return fail.Work(err, fail.ClassConfig, "restore.fail.no_undo")
		default:
			if err := wait(ctx, time.Second); err != nil {
				return err
			}
		}
	}
	return r.await(ctx, j.WorkspaceID, *j.progress.Undo)
}

// await waits for the end of a backup, which other workers do.
func (r *Restores) await(ctx context.Context, workspace, id uuid.UUID) error {
	for {
		var found task.Task
		err := r.db.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) (err error) {
			found, err = task.Get(ctx, tx, id)
			return err
		})
		switch {
		case err != nil:
			return err
		case found.State == task.Succeeded:
			return nil
		case found.State.Final():
			return fail.Work(nil, fail.ClassConfig, "restore.fail.no_undo")
		}
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
	}
}
