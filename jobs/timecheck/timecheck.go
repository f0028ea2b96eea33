// Package timecheck holds the machine's clock against the database's and against
// what it said before. While it is doubted, nothing is deleted because of its age.
//
// Levqor that was off for more than a day can't tell that from a jump: it asks too.
package timecheck

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// Watch looks at the clock.
type Watch struct {
	db    *db.DB
	clock *clock.Clock
}

// New makes the line.
func New(d *db.DB, c *clock.Clock) *Watch { return &Watch{db: d, clock: c} }

// Status is what a person is told of the clock.
type Status struct {
	Wall     time.Time     // what the database's clock says
	Jump     time.Duration // by how much it jumped, ahead or (negative) back; 0: it is believed
	JumpedAt *time.Time    // what it said right after
	Apart    time.Duration // a worker's clock against the database's; 0: near enough
}

// Doubted reports whether deletions are paused.
func (s Status) Doubted() bool { return s.Jump != 0 || s.Apart != 0 }

// row is the one row of clock_checks, with the database's time and the workspace's word.
const row = `SELECT clock_timestamp(), c.seen_at, coalesce(c.off_us, 0), c.jumped_at, coalesce(c.apart_us, 0),
		coalesce(c.apart_at > clock_timestamp() - interval '2 minutes', false), coalesce(f.off_us, 0)
	FROM (SELECT) one LEFT JOIN clock_checks c ON true LEFT JOIN clock_confirmations f ON f.workspace_id = $1`

// Doubted is 1 in SQL while the current workspace's deletions are paused, else 0.
const Doubted = `(SELECT count(*) FROM (SELECT) one LEFT JOIN clock_checks c ON true LEFT JOIN clock_confirmations f ON f.workspace_id = current_workspace()
	WHERE c.apart_at > clock_timestamp() - interval '2 minutes'
		OR abs(c.off_us - coalesce(f.off_us, 0)) > 86400000000)`

// read looks now: at the row, and at both clocks.
func (w *Watch) read(ctx context.Context, tx pgx.Tx, workspace uuid.UUID) (s Seen, status Status, err error) {
	var at *time.Time
	var off, apart, confirmed int64
	var recent bool
	before := w.clock.Wall()
	err = tx.QueryRow(ctx, row, workspace).Scan(&status.Wall, &at, &off, &s.JumpedAt, &apart, &recent, &confirmed)
	if err != nil {
		return s, status, fmt.Errorf("look at the clock: %w", err)
	}
	s.At, s.Off = status.Wall, micros(off)
	if at != nil {
		s.At = *at
	}
	s = s.Look(within(status.Wall, before, w.clock.Wall()), status.Wall)
	status.JumpedAt, status.Apart = s.JumpedAt, s.Apart
	if status.Apart == 0 && recent {
		status.Apart = micros(apart)
	}
	if s.Jumped(micros(confirmed)) {
		status.Jump = s.Off - micros(confirmed)
	}
	return s, status, nil
}

// within is the worker's time that is nearest to the database's, of the time that asking took.
func within(database, before, after time.Time) time.Time {
	switch {
	case database.Before(before):
		return before
	case database.After(after):
		return after
	}
	return database
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// Check is a Conflict (clock.fail.jumped, clock.fail.apart) while nothing of the
// workspace may be deleted because of its age. It looks itself: a clock may have
// jumped a moment ago.
func (w *Watch) Check(ctx context.Context, tx pgx.Tx, workspace uuid.UUID) error {
	_, s, err := w.read(ctx, tx, workspace)
	switch {
	case err != nil:
		return err
	case s.Apart != 0:
		return fail.New(fail.Conflict, "clock.fail.apart")
	case s.Jump != 0:
		return fail.New(fail.Conflict, "clock.fail.jumped")
	}
	return nil
}

// Status is what a person of the workspace is told. Needs View.
func (w *Watch) Status(ctx context.Context, actor account.Actor) (s Status, err error) {
	if err := actor.Require(account.View); err != nil {
		return Status{}, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		_, s, err = w.read(ctx, tx, actor.Workspace)
		return err
	})
	return s, err
}

// Confirm says that the time is right after a jump: the workspace's deletions go on.
// Needs Manage and a step-up. Conflict when nothing jumped (clock.fail.believed), or
// when two clocks are apart, which only setting them mends (clock.fail.apart).
func (w *Watch) Confirm(ctx context.Context, actor account.Actor) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	if err := actor.RequireStepUp(w.clock.Now()); err != nil {
		return err
	}
	return w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		seen, s, err := w.read(ctx, tx, actor.Workspace)
		switch {
		case err != nil:
			return err
		case s.Apart != 0:
			return fail.New(fail.Conflict, "clock.fail.apart")
		case s.Jump == 0:
			return fail.New(fail.Conflict, "clock.fail.believed")
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO clock_confirmations (workspace_id, off_us, by_name, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (workspace_id) DO UPDATE SET off_us = excluded.off_us, by_name = excluded.by_name, at = excluded.at`,
			actor.Workspace, seen.Off.Microseconds(), actor.Name, w.clock.Now()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, w.clock.Now(), audit.Event{Action: "clock.confirmed", SubjectKind: "clock", SubjectID: "clock",
			Detail: map[string]any{"hours": int(seen.Off.Hours())}})
	})
}
