package source

import (
	"context"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/account"
	"levqor/jobs/queue"
	"levqor/jobs/task"
)

// TestArgs is the job of a connection test.
type TestArgs struct {
	ID string `json:"id"`
}

// Kind names the job.
func (TestArgs) Kind() string { return string(task.SourceTest) }

// InsertOpts puts it on the default queue.
func (TestArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Default} }

// StartTest tests the source's access. Needs Operate. Conflict (task.fail.busy)
// while another test of it runs.
func (s *Sources) StartTest(ctx context.Context, actor account.Actor, id uuid.UUID) (test uuid.UUID, err error) {
	panic("in work")
}
