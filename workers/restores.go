package workers

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/restore"
)

// restoreWorker brings copies back.
type restoreWorker struct {
	river.WorkerDefaults[restore.Args]
	restores *restore.Restores
}

// Timeout is long: a restore is cut off by people, not by a clock.
func (w *restoreWorker) Timeout(*river.Job[restore.Args]) time.Duration { return 24 * time.Hour }

func (w *restoreWorker) Work(ctx context.Context, job *river.Job[restore.Args]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.restores.Perform(ctx, id))
}
