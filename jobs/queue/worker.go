package queue

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"levqor/jobs/db"
)

// Worker runs the jobs of the queues in its limits.
type Worker struct {
	client *river.Client[pgx.Tx]
	states *pgxpool.Pool
	beat   *Heartbeat
}

// NewWorker makes a worker that is not started yet. Every kind must be
// registered, also those of queues that this process does not serve: River's
// leader discards stuck jobs of kinds that it does not know.
func NewWorker(ctx context.Context, d *db.DB, kinds *river.Workers, limits Limits, log *slog.Logger) (*Worker, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("queue: name of this machine: %w", err)
	}
	id := fmt.Sprintf("%.40s-%d-%s", host, os.Getpid(), db.NewID())
	queues := map[string]river.QueueConfig{}
	for name, workers := range limits {
		queues[name] = river.QueueConfig{MaxWorkers: workers, FetchCooldown: 20 * time.Millisecond, FetchPollInterval: 500 * time.Millisecond}
		if name == Steps || name == Bulk { // somebody waits for it
			queues[name] = river.QueueConfig{MaxWorkers: workers, FetchCooldown: 2 * time.Millisecond, FetchPollInterval: 50 * time.Millisecond}
		}
	}
	states, err := d.Relaxed(ctx)
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	beat := NewHeartbeat(d, id, log)
	client, err := river.NewClient(riverpgxv5.New(states), &river.Config{
		ID:                   id,
		JobTimeout:           time.Minute,
		Logger:               log,
		Middleware:           []rivertype.Middleware{beat.Middleware(), NewGate(d)},
		Queues:               queues,
		ReindexerIndexNames:  keptIndexes(),
		RescueStuckJobsAfter: 48 * time.Hour, // Heartbeat does it within seconds, and knows who lives
		Workers:              kinds,
	})
	if err != nil {
		states.Close()
		return nil, fmt.Errorf("queue: %w", err)
	}
	return &Worker{client: client, states: states, beat: beat}, nil
}

// keptIndexes are River's without those that the migrations drop.
func keptIndexes() []string {
	return slices.DeleteFunc(river.ReindexerIndexNamesDefault(), func(name string) bool {
		return name == "river_job_args_index" || name == "river_job_metadata_index"
	})
}

// drainTime is how long short jobs may take to come to a good place when the
// process ends.
const drainTime = 10 * time.Second

// Run works until ctx ends. Then it takes no more jobs; drain waits for those that
// are soon done; the others see their context canceled, put their task back, and
// another worker takes it up.
func (w *Worker) Run(ctx context.Context, drain func(ctx context.Context)) error {
	defer w.states.Close()
	beatCtx, stopBeat := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBeat()
	if err := w.beat.Start(beatCtx); err != nil {
		return err
	}
	defer func() { stopBeat(); w.beat.Wait() }()
	if err := w.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("queue: start: %w", err)
	}
	<-ctx.Done()
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime+20*time.Second)
	defer cancel()
	drainCtx, drained := context.WithTimeout(stopCtx, drainTime)
	defer drained()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = w.client.Stop(drainCtx) // its error says that jobs are left, which are canceled below
	}()
	drain(drainCtx)
	drained()
	<-stopped
	return w.client.StopAndCancel(stopCtx)
}
