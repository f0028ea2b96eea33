package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/task"
)

// Args is the job of one backup.
type Args struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Args) Kind() string { return string(task.Backup) }

// InsertOpts puts it among the long and heavy jobs.
func (Args) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Backups} }

// ExpiryArgs is the job that applies a plan's retention; ID is the plan's.
type ExpiryArgs struct {
	ID string `json:"id" river:"unique"`
}

// Kind names the job.
func (ExpiryArgs) Kind() string { return "expiry" }

// InsertOpts keeps at most one waiting a plan.
func (ExpiryArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Default, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}}
}

// Start backs up now, also while the plan is paused. Needs Operate. Conflict
// (task.fail.busy) while a backup of the plan runs or waits.
func (b *Backups) Start(ctx context.Context, actor account.Actor, plan uuid.UUID) (id uuid.UUID, err error) {
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		id, err = b.StartIn(ctx, tx, actor, plan)
		return err
	})
	return id, err
}

// StartIn is Start once tx, which sees the actor's workspace, commits.
func (b *Backups) StartIn(ctx context.Context, tx pgx.Tx, actor account.Actor, plan uuid.UUID) (uuid.UUID, error) {
	if err := actor.Require(account.Operate); err != nil {
		return uuid.Nil, err
	}
	p, err := findPlan(ctx, tx, plan, "FOR UPDATE OF p")
	if err != nil {
		return uuid.Nil, err
	}
	return b.begin(ctx, tx, actor, task.CauseOf(actor), p, nil, 0)
}

// StartOfSourceIn is StartIn of the oldest plan of a source. NotFound
// (backup.fail.no_plan) when it has none.
func (b *Backups) StartOfSourceIn(ctx context.Context, tx pgx.Tx, actor account.Actor, source uuid.UUID) (uuid.UUID, error) {
	var plan uuid.UUID
	err := tx.QueryRow(ctx, `SELECT id FROM plans WHERE source_id = $1 AND deleted_at IS NULL ORDER BY created_at, id LIMIT 1`, source).Scan(&plan)
	if db.NoRows(err) {
		return uuid.Nil, fail.New(fail.NotFound, "backup.fail.no_plan")
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("find a plan of the source: %w", err)
	}
	return b.StartIn(ctx, tx, actor, plan)
}

// ExpireIn applies the plan's retention soon after tx, which sees the actor's
// workspace, commits. Needs Operate. An expiry that waits already is enough.
func (b *Backups) ExpireIn(ctx context.Context, tx pgx.Tx, actor account.Actor, plan uuid.UUID) error {
	if err := actor.Require(account.Operate); err != nil {
		return err
	}
	if _, err := findPlan(ctx, tx, plan, ""); err != nil {
		return err
	}
	return b.queue.Insert(ctx, tx, ExpiryArgs{ID: plan.String()})
}

// begin adds the task, its detail row and its job.
func (b *Backups) begin(ctx context.Context, tx pgx.Tx, actor account.Actor, cause task.Cause, p Plan, slot *time.Time, missed int) (uuid.UUID, error) {
	id, now := db.NewID(), b.clock.Now()
	err := task.Create(ctx, tx, actor, now, task.New{
		ID: id, Kind: task.Backup, SubjectName: p.SourceName, ExclusiveKey: "backup/" + p.ID.String(), Cause: cause,
		Topics: []string{"backups", "source-" + p.SourceID.String()},
	})
	if err != nil {
		return uuid.Nil, err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO backups (id, workspace_id, plan_id, source_id, vault_id, slot, missed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, actor.Workspace, p.ID, p.SourceID, p.VaultID, slot, missed, now); err != nil {
		return uuid.Nil, fmt.Errorf("begin backup: %w", err)
	}
	return id, task.Enqueue(ctx, tx, b.queue, id, Args{ID: id.String()})
}
