package source

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"levqor/jobs/account"
	"levqor/jobs/db"
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
	if err := actor.Require(account.Operate); err != nil {
		return uuid.Nil, err
	}
	err = s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		test, err = s.enqueueTest(ctx, tx, actor, r)
		return err
	})
	return test, err
}

// enqueueTest adds task, detail row and job. A changed source may be tested
// while the test of its former access still runs.
func (s *Sources) enqueueTest(ctx context.Context, tx pgx.Tx, actor account.Actor, r row) (uuid.UUID, error) {
	id, now := db.NewID(), s.clock.Now()
	err := task.Create(ctx, tx, actor, now, task.New{ID: id, Kind: task.SourceTest, SubjectName: r.Name,
		ExclusiveKey: fmt.Sprintf("source-test-%s-%d", r.ID, r.Revision), Cause: task.CauseOf(actor), Topics: topics(r.ID)})
	if err != nil {
		return uuid.Nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO source_tests (id, workspace_id, source_id, steps, created_at) VALUES ($1, $2, $3, $4, $5)`,
		id, r.WorkspaceID, r.ID, untested(r.Kind), now)
	if err != nil {
		return uuid.Nil, fmt.Errorf("create test: %w", err)
	}
	return id, task.Enqueue(ctx, tx, s.queue, id, TestArgs{ID: id.String()})
}

// GetTest needs View. NotFound for another workspace's test.
func (s *Sources) GetTest(ctx context.Context, actor account.Actor, id uuid.UUID) (found Test, err error) {
	if err := actor.Require(account.View); err != nil {
		return Test{}, err
	}
	err = s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = getTest(ctx, tx, id)
		return err
	})
	return found, err
}
