package workers

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"levqor/jobs/assist"
	"levqor/jobs/backup"
	"levqor/jobs/drill"
	"levqor/jobs/restore"
	"levqor/jobs/services"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// lost finds unfinished tasks that no job will ever finish, and gives them a job
// again. That takes a worker that was thought dead, came back, and completed the
// job row of its successor, who then died too; rare, but accepted work is never lost.
type lost struct{ svc *services.Services }

const lostAfter = time.Minute

func (l *lost) sweep(ctx context.Context) error {
	return l.svc.DB.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := task.Lost(ctx, tx, l.svc.Clock.Now().Add(-lostAfter))
		if err != nil {
			return err
		}
		for _, t := range found {
			args, err := argsOf(t)
			if err != nil {
				return err
			}
			l.svc.Log.WarnContext(ctx, "a task had no job", "task", t.ID, "kind", t.Kind)
			if err := l.svc.Queue.Insert(ctx, tx, args); err != nil {
				return err
			}
		}
		return nil
	})
}

func argsOf(t task.Task) (river.JobArgs, error) {
	id := t.ID.String()
	switch t.Kind {
	case task.AICall:
		return assist.Args{ID: id}, nil
	case task.Backup:
		return backup.Args{ID: id}, nil
	case task.Drill:
		return drill.Args{ID: id}, nil
	case task.Restore:
		return restore.Args{ID: id}, nil
	case task.SourceTest:
		return source.TestArgs{ID: id}, nil
	case task.VaultSetup:
		return vault.SetupArgs{ID: id}, nil
	case task.VaultUpkeep:
		return vault.UpkeepArgs{ID: id}, nil
	default:
		return nil, fmt.Errorf("task %s is of an unknown kind %q", t.ID, t.Kind)
	}
}
