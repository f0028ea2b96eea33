package task

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
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

// Enqueue gives a task that Create made its job, or lets it wait while its
// workspace has its share in hand: the end of another task gives it its job then.
func Enqueue(ctx context.Context, tx pgx.Tx, q *queue.Queue, id uuid.UUID, args river.JobArgsWithInsertOpts) error {
	var workspace uuid.UUID
	var kind Kind
	if err := tx.QueryRow(ctx, `UPDATE tasks SET waits = true, queue = $2 WHERE id = $1 RETURNING workspace_id, kind`,
		id, args.InsertOpts().Queue).Scan(&workspace, &kind); err != nil {
		return fmt.Errorf("enqueue task: %w", err)
	}
	return promoteLocked(ctx, tx, q, workspace, kind)
}

// promoted is the job of a task, of whatever kind.
type promoted struct {
	ID    uuid.UUID `json:"id"`
	kind  Kind
	queue string
}

// Kind is the task's.
func (p promoted) Kind() string { return string(p.kind) }

// InsertOpts puts it where its line wanted it.
func (p promoted) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: p.queue} }
