package workers

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/drill"
)

// drillWorker proves that a copy restores.
type drillWorker struct {
	river.WorkerDefaults[drill.Args]
	drills *drill.Drills
}

// Timeout is long: a drill takes as long as the restore of its source.
func (w *drillWorker) Timeout(*river.Job[drill.Args]) time.Duration { return 24 * time.Hour }

func (w *drillWorker) Work(ctx context.Context, job *river.Job[drill.Args]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.drills.Perform(ctx, id))
}
