package workers

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/assist"
)

// aiWorker asks the AI service.
type aiWorker struct {
	river.WorkerDefaults[assist.Args]
	assist *assist.Assist
}

// Timeout is a little longer than one try.
func (w *aiWorker) Timeout(*river.Job[assist.Args]) time.Duration { return 2 * time.Minute }

func (w *aiWorker) Work(ctx context.Context, job *river.Job[assist.Args]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.assist.Perform(ctx, id))
}
