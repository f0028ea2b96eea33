package queue

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"levqor/jobs/db"
)

// Gate holds back work while the installation is in quarantine: its database was
// brought back from a dump, and whatever would send, restore or delete may have
// been done since. Work waits at the gate; none is lost.
type Gate struct {
	db   *db.DB
	open atomic.Bool
	river.MiddlewareDefaults
}

// NewGate makes the gate of a process.
func NewGate(d *db.DB) *Gate { return &Gate{db: d} }

// Shut reports whether the installation is in quarantine. Only an empty database
// is ever put into it, so an open gate stays open and asks no more.
func (g *Gate) Shut(ctx context.Context) (shut bool, err error) {
	if g.open.Load() {
		return false, nil
	}
	err = g.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// A dump holds no row: one that was brought back in part has none either.
		return tx.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM recovery_state WHERE quarantined_at IS NULL)`).Scan(&shut)
	})
	if err != nil {
		return true, fmt.Errorf("ask for the quarantine: %w", err)
	}
	g.open.Store(!shut)
	return shut, nil
}

const gateWait = 15 * time.Second

// Work lets a job through, or puts it off.
func (g *Gate) Work(ctx context.Context, job *rivertype.JobRow, do func(context.Context) error) error {
	shut, err := g.Shut(ctx)
	if err != nil {
		return err
	}
	if shut && job.Kind != "source_test" { // the one kind that only looks
		return river.JobSnooze(gateWait)
	}
	return do(ctx)
}
