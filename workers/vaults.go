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

// vaultSetupWorker makes vaults.
type vaultSetupWorker struct {
	river.WorkerDefaults[vault.SetupArgs]
	vaults *vault.Vaults
}

func (w *vaultSetupWorker) Timeout(*river.Job[vault.SetupArgs]) time.Duration {
	return 10 * time.Minute
}

func (w *vaultSetupWorker) Work(ctx context.Context, job *river.Job[vault.SetupArgs]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.vaults.PerformSetup(ctx, id))
}

// vaultUpkeepWorker tidies and verifies vaults.
type vaultUpkeepWorker struct {
	river.WorkerDefaults[vault.UpkeepArgs]
	vaults *vault.Vaults
}

func (w *vaultUpkeepWorker) Timeout(*river.Job[vault.UpkeepArgs]) time.Duration { return upkeepTimeout }

func (w *vaultUpkeepWorker) Work(ctx context.Context, job *river.Job[vault.UpkeepArgs]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	return outcome(w.vaults.PerformUpkeep(ctx, id))
}
