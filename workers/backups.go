package workers

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/backup"
)

// backupWorker executes plans.
type backupWorker struct {
	river.WorkerDefaults[backup.Args]
	backups *backup.Backups
}

// Timeout is long: a backup is cut off by people, not by a clock.
func (w *backupWorker) Timeout(*river.Job[backup.Args]) time.Duration { return 24 * time.Hour }

func (w *backupWorker) Work(ctx context.Context, job *river.Job[backup.Args]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.backups.Perform(ctx, id))
}

// expiryWorker applies retention.
type expiryWorker struct {
	river.WorkerDefaults[backup.ExpiryArgs]
	backups *backup.Backups
}

func (w *expiryWorker) Timeout(*river.Job[backup.ExpiryArgs]) time.Duration { return 10 * time.Minute }

func (w *expiryWorker) Work(ctx context.Context, job *river.Job[backup.ExpiryArgs]) error {
	plan, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return w.backups.Expire(ctx, plan)
}
