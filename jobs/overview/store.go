package overview

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/drill"
	"levqor/jobs/task"
)

// workspaceFacts are one row. Kits are vaults whose recovery kit nobody has.
type workspaceFacts struct {
	Zone        string
	Total       int
	Stored      int64
	HasSnapshot bool
	HasProof    bool
	HasVault    bool
	People      int
	Kits        []vaultName
}

type vaultName struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

func readWorkspace(ctx context.Context, tx pgx.Tx) (workspaceFacts, error) {
	rows, err := tx.Query(ctx, `
		SELECT w.time_zone,
			(SELECT count(*)::int FROM sources s WHERE s.workspace_id = w.id AND s.deleted_at IS NULL),
			(SELECT coalesce(sum(v.used_bytes), 0)::bigint FROM vaults v WHERE v.workspace_id = w.id AND v.deleted_at IS NULL),
			EXISTS (SELECT FROM snapshots n WHERE n.workspace_id = w.id AND n.state <> 'deleted'),
			EXISTS (SELECT FROM drills d WHERE d.workspace_id = w.id AND d.passed),
			EXISTS (SELECT FROM vaults v WHERE v.workspace_id = w.id AND v.deleted_at IS NULL),
			(SELECT count(*)::int FROM members m WHERE m.workspace_id = w.id),
			(SELECT coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'name', v.name)), '[]') FROM (
				SELECT id, name FROM vaults WHERE workspace_id = w.id AND deleted_at IS NULL AND state = 'ready'
				AND kit_downloaded_at IS NULL ORDER BY lower(name) LIMIT $1) v)
		FROM workspaces w WHERE w.id = current_workspace()`, mostKits)
	if err != nil {
		return workspaceFacts{}, fmt.Errorf("read workspace facts: %w", err)
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[workspaceFacts])
}

// planRow is a source with one of its plans, or with none.
type planRow struct {
	SourceID    uuid.UUID
	Name        string
	Kind        string
	CreatedAt   time.Time
	TestedAt    *time.Time
	PlanSince   *time.Time
	RTOMinutes  *int
	NextAt      *time.Time
	NextDrillAt *time.Time
	DrillID     *uuid.UUID // the last that has a proof
	DrillAt     *time.Time
	DrillPassed *bool
	RestoreMS   *int64
	Good        *int
	Checks      *int
	drill.Evidence
}

const planRows = `
	SELECT s.id, s.name, s.kind, s.created_at, s.tested_at, p.created_at, p.rto_minutes, p.next_at, p.next_drill_at,
		proof.id, proof.proven_at, proof.passed, proof.rto_ms, proof.checks_good, proof.checks_total, ` + drill.EvidenceColumns + `
	FROM sources s LEFT JOIN plans p ON p.source_id = s.id AND p.deleted_at IS NULL` + drill.EvidenceTables + `
	LEFT JOIN LATERAL (SELECT * FROM drills d
		WHERE d.source_id = s.id AND (p.id IS NULL OR d.plan_id = p.id) AND d.passed IS NOT NULL
		ORDER BY d.created_at DESC LIMIT 1) proof ON true
	WHERE s.workspace_id = current_workspace() AND s.deleted_at IS NULL`

func readPlans(ctx context.Context, tx pgx.Tx, limit int, now time.Time) ([]planRow, error) {
	rows, err := tx.Query(ctx, planRows+` ORDER BY lower(s.name), s.id, p.created_at LIMIT @limit`, pgx.NamedArgs{"limit": limit, "now": now})
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[planRow])
}

// readPlansOf takes uuid.Nil for every source.
func readPlansOf(ctx context.Context, tx pgx.Tx, source uuid.UUID, now time.Time) ([]planRow, error) {
	rows, err := tx.Query(ctx, planRows+` AND (@source::uuid = @all::uuid OR s.id = @source) ORDER BY s.id, p.created_at LIMIT 5000`,
		pgx.NamedArgs{"source": source, "all": uuid.Nil, "now": now})
	if err != nil {
		return nil, fmt.Errorf("read source: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[planRow])
}

// dayRow is what happened to a source on one local day.
type dayRow struct {
	SourceID    uuid.UUID
	Day         time.Time
	LastCopy    *time.Time
	LastFailure *time.Time
	LastProof   *time.Time
	ProofPassed *bool
	LateCopy    bool
}

// readDays takes for each plan how long its copies may lie apart, in seconds.
// It looks a week further back for the copy before the first.
func readDays(ctx context.Context, tx pgx.Tx, zone string, since time.Time, sources, plans []uuid.UUID, allowed []int64) ([]dayRow, error) {
	rows, err := tx.Query(ctx, `
		WITH events AS (
			SELECT n.source_id, n.taken_at AS at, 'copy' AS what,
				n.taken_at - lag(n.taken_at) OVER (PARTITION BY n.plan_id ORDER BY n.taken_at) > make_interval(secs => a.seconds) AS bad
			FROM snapshots n LEFT JOIN unnest(@plans::uuid[], @allowed::bigint[]) a (plan_id, seconds) USING (plan_id)
			WHERE n.source_id = ANY(@sources) AND n.taken_at >= @since::timestamptz - interval '7 days'
			UNION ALL
			SELECT b.source_id, t.finished_at, 'failure', true FROM backups b JOIN tasks t USING (id)
			WHERE b.source_id = ANY(@sources) AND b.created_at >= @since AND t.state = 'failed'
			UNION ALL
			SELECT d.source_id, d.proven_at, 'proof', NOT d.passed FROM drills d
			WHERE d.source_id = ANY(@sources) AND d.created_at >= @since AND d.passed IS NOT NULL
		)
		SELECT source_id, (at AT TIME ZONE @zone)::date AS day,
			max(at) FILTER (WHERE what = 'copy'), max(at) FILTER (WHERE what = 'failure'), max(at) FILTER (WHERE what = 'proof'),
			NOT (array_agg(bad ORDER BY at DESC) FILTER (WHERE what = 'proof'))[1],
			coalesce(bool_or(bad) FILTER (WHERE what = 'copy'), false)
		FROM events WHERE at >= @since GROUP BY source_id, day`,
		pgx.NamedArgs{"zone": zone, "since": since, "sources": sources, "plans": plans, "allowed": allowed})
	if err != nil {
		return nil, fmt.Errorf("read days: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[dayRow])
}

// sizeRow is the size of a source's newest copy on a local day; Day is nil for
// the newest before the first.
type sizeRow struct {
	SourceID uuid.UUID
	Day      *time.Time
	Bytes    int64
}

func readSizes(ctx context.Context, tx pgx.Tx, zone string, since time.Time, sources []uuid.UUID) ([]sizeRow, error) {
	rows, err := tx.Query(ctx, `
		SELECT * FROM (SELECT DISTINCT ON (n.source_id, day) n.source_id, (n.taken_at AT TIME ZONE @zone)::date AS day, n.bytes
			FROM snapshots n WHERE n.source_id = ANY(@sources) AND n.taken_at >= @since
			ORDER BY n.source_id, day, n.taken_at DESC) daily
		UNION ALL
		SELECT s.id, NULL, before.bytes FROM unnest(@sources::uuid[]) s (id),
			LATERAL (SELECT n.bytes FROM snapshots n WHERE n.source_id = s.id AND n.taken_at < @since
				ORDER BY n.taken_at DESC LIMIT 1) before`,
		pgx.NamedArgs{"zone": zone, "since": since, "sources": sources})
	if err != nil {
		return nil, fmt.Errorf("read sizes: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[sizeRow])
}

func readRunning(ctx context.Context, tx pgx.Tx) ([]task.Task, error) {
	rows, err := tx.Query(ctx, `SELECT `+task.Columns+` FROM tasks t
		WHERE t.workspace_id = current_workspace() AND t.state IN ('queued', 'running') AND t.kind <> 'ai_call' ORDER BY t.created_at DESC LIMIT 20`)
	if err != nil {
		return nil, fmt.Errorf("read running tasks: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[task.Task])
}
