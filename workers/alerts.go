package workers

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/alert"
	"levqor/jobs/db"
	"levqor/jobs/drill"
	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/workflow"
)

// endedWorker lets the higher lines follow up on the end of a task. Each of them
// takes a repeated call for what it is.
type endedWorker struct {
	river.WorkerDefaults[task.EndedArgs]
	db        *db.DB
	drills    *drill.Drills
	alerts    *alert.Alerts
	workflows *workflow.Workflows
}

func (w *endedWorker) Timeout(*river.Job[task.EndedArgs]) time.Duration { return time.Minute }

func (w *endedWorker) Work(ctx context.Context, job *river.Job[task.EndedArgs]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	ended, err := task.ByID(ctx, w.db, id)
	if fail.Is(err, fail.NotFound) {
		return river.JobCancel(err)
	}
	if err != nil {
		return err
	}
	if err := w.drills.FollowBackup(ctx, ended); err != nil {
		return err
	}
	if err := w.alerts.Consider(ctx, ended); err != nil {
		return err
	}
	return w.workflows.FollowTask(ctx, ended)
}
