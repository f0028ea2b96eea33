// Package queue is Levqor's use of River: inserting jobs inside the caller's
// transaction, the names of the queues, and the liveness that River lacks.
package queue

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"levqor/jobs/db"
)

// Queues by kind of work; a worker process chooses which it serves, and how many at once.
const (
	AI       = "ai"
	Backups  = "backups"
	Bulk     = "bulk" // steps of workspaces that have their share at work already
	Default  = "default"
	Drills   = "drills"
	Mail     = "mail"
	Restores = "restores"
	Steps    = "steps"
)

// Limits is how many jobs of each queue one worker process runs at once.
type Limits map[string]int

// AllQueues serves everything, sized for a small machine.
func AllQueues() Limits {
	return Limits{AI: 4, Backups: 3, Bulk: 8, Default: 8, Drills: 2, Mail: 4, Restores: 3, Steps: 32}
}

// Queue inserts jobs. It never runs any.
type Queue struct{ client *river.Client[pgx.Tx] }

// New makes a queue that only inserts.
func New(d *db.DB, log *slog.Logger) (*Queue, error) {
	client, err := river.NewClient(riverpgxv5.New(d.Pool()), &river.Config{
		FetchCooldown: time.Millisecond, // within it a second insert tells no worker: a chain of jobs would wait for the poll
		Logger:        log,
	})
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return &Queue{client}, nil
}

// Insert adds the job when tx commits. Options come from the args' InsertOpts.
func (q *Queue) Insert(ctx context.Context, tx pgx.Tx, args river.JobArgs) error {
	_, err := q.client.InsertTx(ctx, tx, args, nil)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	return nil
}

// InsertMany adds jobs when tx commits, in one statement.
func (q *Queue) InsertMany(ctx context.Context, tx pgx.Tx, args []river.JobArgs) error {
	params := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		params[i].Args = a
	}
	if _, err := q.client.InsertManyFastTx(ctx, tx, params); err != nil {
		return fmt.Errorf("enqueue %d jobs: %w", len(args), err)
	}
	return nil
}

// Client is for the job dashboard.
func (q *Queue) Client() *river.Client[pgx.Tx] { return q.client }
