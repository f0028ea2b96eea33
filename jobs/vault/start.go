package vault

import (
	"github.com/riverqueue/river"

	"levqor/jobs/queue"
	"levqor/jobs/task"
)

// SetupArgs is the job that makes a vault.
type SetupArgs struct {
	ID string `json:"id"`
}

// Kind names the job.
func (SetupArgs) Kind() string { return string(task.VaultSetup) }

// InsertOpts puts it on the default queue.
func (SetupArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Default} }

// UpkeepArgs is the job of a vault's upkeep.
type UpkeepArgs struct {
	ID string `json:"id"`
}

// Kind names the job.
func (UpkeepArgs) Kind() string { return string(task.VaultUpkeep) }

// InsertOpts puts it on the default queue.
func (UpkeepArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Default} }
