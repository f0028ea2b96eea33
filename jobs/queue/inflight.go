package queue

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"levqor/jobs/db"
	"levqor/jobs/lease"
)

// inFlight knows which jobs this process works on. It cancels them when the lease is
// lost, and puts back those that the database counts as its own and that it knows
// nothing of: where a connection broke off, the answer to a fetch was lost with it,
// or the note of a job's end.
type inFlight struct {
	river.MiddlewareDefaults
	db  *db.DB
	id  string
	log *slog.Logger

	lease *lease.Lease

	mu    sync.Mutex
	at    map[int64]context.CancelCauseFunc
	stray map[int64]time.Time // since when
}

func newInFlight(d *db.DB, id string, log *slog.Logger) *inFlight {
	return &inFlight{db: d, id: id, log: log, lease: lease.New(frozenAfter), at: map[int64]context.CancelCauseFunc{}, stray: map[int64]time.Time{}}
}

// Work notes the job while it is done.
func (f *inFlight) Work(ctx context.Context, job *rivertype.JobRow, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(f.lease.With(ctx))
	defer cancel(nil)
	f.mu.Lock()
	f.at[job.ID] = cancel
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.at, job.ID)
	}()
	return do(ctx)
}

// cancelAll ends every job in hand with lease.ErrLost; other workers have them.
func (f *inFlight) cancelAll() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, cancel := range f.at {
		cancel(lease.ErrLost)
	}
	return len(f.at)
}

// putBack gives the jobs back that have been strays for grace.
func (f *inFlight) putBack(ctx context.Context, now time.Time) error {
	rows, err := f.db.Pool().Query(ctx, `SELECT id FROM river_job WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`, f.id)
	if err != nil {
		return fmt.Errorf("look for stray jobs: %w", err)
	}
	mine, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("look for stray jobs: %w", err)
	}
	lost := f.strays(mine, now)
	if len(lost) == 0 {
		return nil
	}
	tag, err := f.db.Pool().Exec(ctx, `
		UPDATE river_job SET state = 'available', scheduled_at = now(), max_attempts = greatest(max_attempts, attempt + 1)
		WHERE id = ANY($1) AND state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $2`, lost, f.id)
	if err != nil {
		return fmt.Errorf("put stray jobs back: %w", err)
	}
	f.log.WarnContext(ctx, "put back jobs that nobody worked on", "jobs", tag.RowsAffected())
	return nil
}

// strays are those of mine that nobody here has worked on for grace.
func (f *inFlight) strays(mine []int64, now time.Time) (lost []int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := map[int64]time.Time{}
	for _, job := range mine {
		if f.at[job] != nil {
			continue
		}
		since, known := f.stray[job]
		if !known {
			since = now
		}
		seen[job] = since
		if now.Sub(since) >= lockGrace {
			lost = append(lost, job)
		}
	}
	f.stray = seen
	return lost
}
