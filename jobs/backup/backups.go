// Package backup is plans, the backups they make, the snapshots those leave, and
// how long each is kept.
package backup

import (
	"cmp"
	"time"

	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/queue"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/timecheck"
	"levqor/jobs/vault"
)

// Options that staff may set. Grace is how long a change that removes snapshots can
// be undone; 0: DefaultGrace.
type Options struct{ Grace time.Duration }

// Backups is the line's work.
type Backups struct {
	db      *db.DB
	queue   *queue.Queue
	clock   *clock.Clock
	runner  *task.Runner
	sources *source.Sources
	vaults  *vault.Vaults
	watch   *timecheck.Watch
	grace   time.Duration
}

// New makes the line.
func New(d *db.DB, q *queue.Queue, c *clock.Clock, r *task.Runner, s *source.Sources, v *vault.Vaults, o Options) *Backups {
	return &Backups{db: d, queue: q, clock: c, runner: r, sources: s, vaults: v, watch: timecheck.New(d, c), grace: cmp.Or(o.Grace, DefaultGrace)}
}

// Grace is how long a change that removes snapshots can be undone.
func (b *Backups) Grace() time.Duration { return b.grace }

// most rows that one page of a list holds.
const pageLimit = 200

func limitOf(n int) int {
	if n <= 0 || n > pageLimit {
		return pageLimit
	}
	return n
}
