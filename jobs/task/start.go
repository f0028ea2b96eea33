package task

import (
	"github.com/riverqueue/river"

	"levqor/jobs/queue"
)

// EndedArgs is the job that follows every task's end: alerts, first proofs.
type EndedArgs struct {
	ID string `json:"id"`
}

// Kind names the job.
func (EndedArgs) Kind() string { return "task_ended" }

// InsertOpts puts it on the default queue.
func (EndedArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Default} }
