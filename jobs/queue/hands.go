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
)

// hands knows which jobs this process works on, and puts back those that the
// database counts as its own and that it knows nothing of: where a connection broke
// off, the answer to a fetch was lost with it, or the note of a job's end.
type hands struct {
	river.MiddlewareDefaults
	db  *db.DB
	id  string
	log *slog.Logger

	mu    sync.Mutex
	at    map[int64]bool
	stray map[int64]time.Time // since when
}

func newHands(d *db.DB, id string, log *slog.Logger) *hands {
	return &hands{db: d, id: id, log: log, at: map[int64]bool{}, stray: map[int64]time.Time{}}
}

// Work notes the job while it is done.
func (h *hands) Work(ctx context.Context, job *rivertype.JobRow, do func(ctx context.Context) error) error {
	h.note(job.ID, true)
	defer h.note(job.ID, false)
	return do(ctx)
}

func (h *hands) note(job int64, at bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at {
		h.at[job] = true
	} else {
		delete(h.at, job)
	}
}

// putBack gives the jobs back that have been strays for grace.
func (h *hands) putBack(ctx context.Context, now time.Time) error {
	rows, err := h.db.Pool().Query(ctx, `SELECT id FROM river_job WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`, h.id)
	if err != nil {
		return fmt.Errorf("look for stray jobs: %w", err)
	}
	mine, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("look for stray jobs: %w", err)
	}
	lost := h.strays(mine, now)
	if len(lost) == 0 {
		return nil
	}
	tag, err := h.db.Pool().Exec(ctx, `
		UPDATE river_job SET state = 'available', scheduled_at = now(), max_attempts = greatest(max_attempts, attempt + 1)
		WHERE id = ANY($1) AND state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $2`, lost, h.id)
	if err != nil {
		return fmt.Errorf("put stray jobs back: %w", err)
	}
	h.log.WarnContext(ctx, "put back jobs that nobody worked on", "jobs", tag.RowsAffected())
	return nil
}

// strays are those of mine that nobody here has worked on for grace.
func (h *hands) strays(mine []int64, now time.Time) (lost []int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := map[int64]time.Time{}
	for _, job := range mine {
		if h.at[job] {
			continue
		}
		since, known := h.stray[job]
		if !known {
			since = now
		}
		seen[job] = since
		if now.Sub(since) >= pulseGrace {
			lost = append(lost, job)
		}
	}
	h.stray = seen
	return lost
}
