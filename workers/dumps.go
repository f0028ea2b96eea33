package workers

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"levqor/jobs/recovery"
)

// dumpWorker backs up our own database.
type dumpWorker struct {
	river.WorkerDefaults[recovery.Args]
	recovery *recovery.Recovery
}

func (w *dumpWorker) Timeout(*river.Job[recovery.Args]) time.Duration { return recovery.Longest }

func (w *dumpWorker) Work(ctx context.Context, _ *river.Job[recovery.Args]) error {
	return w.recovery.Dump(ctx)
}
