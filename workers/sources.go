package workers

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/source"
)

// sourceTestWorker tests the access to sources, and makes the sample.
type sourceTestWorker struct {
	river.WorkerDefaults[source.TestArgs]
	sources *source.Sources
}

func (w *sourceTestWorker) Timeout(*river.Job[source.TestArgs]) time.Duration {
	return 10 * time.Minute
}

func (w *sourceTestWorker) Work(ctx context.Context, job *river.Job[source.TestArgs]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.sources.PerformTest(ctx, id))
}
