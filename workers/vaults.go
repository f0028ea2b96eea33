package workers

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/vault"
)

// upkeepTimeout ends an upkeep that reads back for a day; the next one goes on.
const upkeepTimeout = 24 * time.Hour

// setupWorker makes vaults.
type setupWorker struct {
	river.WorkerDefaults[vault.SetupArgs]
	vaults *vault.Vaults
}

func (w *setupWorker) Timeout(*river.Job[vault.SetupArgs]) time.Duration { return 10 * time.Minute }

func (w *setupWorker) Work(ctx context.Context, job *river.Job[vault.SetupArgs]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.vaults.PerformSetup(ctx, id))
}

// upkeepWorker tidies and verifies vaults.
type upkeepWorker struct {
	river.WorkerDefaults[vault.UpkeepArgs]
	vaults *vault.Vaults
}

func (w *upkeepWorker) Timeout(*river.Job[vault.UpkeepArgs]) time.Duration { return upkeepTimeout }

func (w *upkeepWorker) Work(ctx context.Context, job *river.Job[vault.UpkeepArgs]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.vaults.PerformUpkeep(ctx, id))
}
