package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Evidence is what the database knows of the protection of a source by one of its
// plans, in the order of EvidenceColumns. Nil means none.
type Evidence struct {
	PlanID     *uuid.UUID
	PausedAt   *time.Time
	RPOMinutes *int
	DrillCron  *string
	Zone       *string

	CopyAt        *time.Time
	CopyBytes     *int64
	CopyFiles     *int64
	CopyRows      *int64
	CopyTables    *int64
	CopyDatabases []string
	CopyUncovered *int // what it does not hold though nobody left it out

	LastDrill  *uuid.UUID // the last that ended, canceled ones apart
	LastAt     *time.Time
	LastPassed *bool // nil: it left no proof

	OwnDrill  *uuid.UUID // the last proof of the newest copy
	OwnAt     *time.Time
	OwnPassed *bool

	PassedDrill     *uuid.UUID // the last that passed
	PassedAt        *time.Time
	PassedBytes     *int64
	PassedFiles     *int64
	PassedRows      *int64
	PassedTables    *int64
	PassedDatabases []string
}

// EvidenceColumns read Evidence from EvidenceTables, which join to a source s and, maybe, its plan p.
const EvidenceColumns = `p.id, p.paused_at, p.rpo_minutes, p.drill_cron, p.time_zone,
	newest.taken_at, newest.bytes, newest.files, newest.rows, newest.tables, newest.databases, newest.uncovered,
	last.id, last.finished_at, last.passed, own.id, own.proven_at, own.passed,
	passed.id, passed.proven_at, passed.bytes, passed.files, passed.rows, passed.tables, passed.databases`

// EvidenceTables prefer a copy of the past to one of the future, which proves nothing.
const EvidenceTables = `
	LEFT JOIN LATERAL (SELECT n.* FROM (
			(SELECT n.id, n.taken_at, false AS future FROM snapshots n
				WHERE n.source_id = s.id AND (p.id IS NULL OR n.plan_id = p.id) AND n.state = 'good' AND n.health = 'sound'
					AND n.taken_at <= @now::timestamptz + interval '1 hour' ORDER BY n.taken_at DESC LIMIT 1)
			UNION ALL
			(SELECT n.id, n.taken_at, true FROM snapshots n
				WHERE n.source_id = s.id AND (p.id IS NULL OR n.plan_id = p.id) AND n.state = 'good' AND n.health = 'sound'
					AND n.taken_at > @now::timestamptz + interval '1 hour' ORDER BY n.taken_at LIMIT 1)
			ORDER BY future LIMIT 1) either JOIN snapshots n USING (id)) newest ON true
	LEFT JOIN LATERAL (SELECT d.id, d.passed, t.finished_at FROM drills d JOIN tasks t USING (id)
		WHERE d.source_id = s.id AND (p.id IS NULL OR d.plan_id = p.id) AND t.state IN ('failed', 'succeeded')
		ORDER BY d.created_at DESC LIMIT 1) last ON true
	LEFT JOIN LATERAL (SELECT d.id, d.passed, d.proven_at FROM drills d
		WHERE d.snapshot_id = newest.id AND d.passed IS NOT NULL ORDER BY d.created_at DESC LIMIT 1) own ON true
	LEFT JOIN LATERAL (SELECT d.id, d.proven_at, n.bytes, n.files, n.rows, n.tables, n.databases FROM drills d
		LEFT JOIN snapshots n ON n.id = d.snapshot_id
		WHERE d.source_id = s.id AND (p.id IS NULL OR d.plan_id = p.id) AND d.passed
		ORDER BY d.created_at DESC LIMIT 1) passed ON true`

// Protection judges the evidence.
func (e Evidence) Protection(now time.Time) Protection { return Judge(e.standing(now), now) }

// Proof is the drill that proves the newest copy, and when; nil without one.
func (e Evidence) Proof() (id *uuid.UUID, at *time.Time) {
	if e.OwnPassed != nil && *e.OwnPassed {
		return e.OwnDrill, e.OwnAt
	}
	return e.PassedDrill, e.PassedAt
}

func (e Evidence) standing(now time.Time) Standing {
	s := Standing{HasPlan: e.PlanID != nil, Paused: e.PausedAt != nil,
		Uncovered:  orZero(e.CopyUncovered) > 0,
		NewestCopy: orZero(e.CopyAt), Newest: shapeOf(e.CopyBytes, e.CopyFiles, e.CopyRows, e.CopyTables, e.CopyDatabases),
		LastDrill: answer(e.LastDrill, e.LastPassed), NewestDrill: answer(e.OwnDrill, e.OwnPassed)}
	if s.NewestDrill == Passed {
		s.ProvenAt, s.ProvenShape = orZero(e.OwnAt), s.Newest
	} else {
		s.ProvenAt = orZero(e.PassedAt)
		s.ProvenShape = shapeOf(e.PassedBytes, e.PassedFiles, e.PassedRows, e.PassedTables, e.PassedDatabases)
	}
	if e.RPOMinutes != nil {
		s.RPO = time.Duration(*e.RPOMinutes) * time.Minute
	}
	if e.DrillCron != nil && e.Zone != nil {
		s.DrillEvery = Every(*e.DrillCron, *e.Zone, now)
	}
	return s
}

func answer(id *uuid.UUID, passed *bool) Answer {
	switch {
	case id == nil:
		return NoAnswer
	case passed == nil:
		return Errored
	case *passed:
		return Passed
	}
	return Failed
}

func shapeOf(bytes, files, rows, tables *int64, databases []string) Shape {
	if bytes == nil {
		return Shape{}
	}
	return Shape{Known: true, Bytes: *bytes, Files: orZero(files), Rows: orZero(rows), Tables: orZero(tables), Databases: databases}
}

func orZero[T any](of *T) (value T) {
	if of != nil {
		value = *of
	}
	return value
}

// ProtectionOf judges one plan in tx, which sees its workspace. NoPlan when it
// or its source was removed.
func ProtectionOf(ctx context.Context, tx pgx.Tx, plan uuid.UUID, now time.Time) (Protection, error) {
	rows, err := tx.Query(ctx, `SELECT `+EvidenceColumns+` FROM plans p JOIN sources s ON s.id = p.source_id`+EvidenceTables+`
		WHERE p.id = @plan AND p.deleted_at IS NULL AND s.deleted_at IS NULL`, pgx.NamedArgs{"plan": plan, "now": now})
	if err != nil {
		return NoPlan, fmt.Errorf("read the protection of a plan: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Evidence])
	if err != nil || len(found) == 0 {
		return NoPlan, err
	}
	return found[0].Protection(now), nil
}
