package workers

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/workflow/engine"
)

// runWorker advances the runs of workflows.
type runWorker struct {
	river.WorkerDefaults[engine.Args]
	engine *engine.Engine
}

// Timeout is longer than a job's share of a run and the longest try of a step.
func (w *runWorker) Timeout(*river.Job[engine.Args]) time.Duration { return 5 * time.Minute }

func (w *runWorker) Work(ctx context.Context, job *river.Job[engine.Args]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.engine.Advance(ctx, id))
}
