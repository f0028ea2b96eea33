package restore

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// copyRow is the snapshot to restore, with what is known of its source.
type copyRow struct {
	ID          uuid.UUID
	Workspace   uuid.UUID
	PlanID      uuid.UUID
	VaultID     uuid.UUID
	SourceID    uuid.UUID
	SourceName  string
	SourceKind  string
	SourceThere bool
	Manifest    string
	Health      string
	TakenAt     time.Time
	Bytes       int64
	Files       int64
	Rows        *int64
	Truth       []byte
	Zone        string
	MeasuredMS  *int64 // how long the last proven restore of the plan took
	MeasuredAt  *time.Time
	MeasuredOf  *int64 // bytes of the copy that was measured
}

func findCopy(ctx context.Context, tx pgx.Tx, id uuid.UUID) (copyRow, error) {
	rows, err := tx.Query(ctx, `
		SELECT n.id, n.workspace_id, n.plan_id, n.vault_id, n.source_id, s.name, s.kind, s.deleted_at IS NULL, n.manifest_id, n.health, n.taken_at,
			n.bytes, n.files, n.rows, n.truth, p.time_zone, last.rto_ms, last.proven_at, last.bytes
		FROM snapshots n JOIN sources s ON s.id = n.source_id JOIN plans p ON p.id = n.plan_id
		LEFT JOIN LATERAL (SELECT d.rto_ms, d.proven_at, m.bytes FROM drills d LEFT JOIN snapshots m ON m.id = d.snapshot_id
			WHERE d.plan_id = n.plan_id AND d.passed AND d.rto_ms IS NOT NULL ORDER BY d.created_at DESC LIMIT 1) last ON true
		WHERE n.id = $1 AND n.state = 'good'`, id)
	if err != nil {
		return copyRow{}, fmt.Errorf("find snapshot: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[copyRow])
	if db.NoRows(err) {
		return found, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}

// namesGiven are the names that restores of a source have given to databases.
func namesGiven(ctx context.Context, tx pgx.Tx, source uuid.UUID, since time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT given.value FROM restores r, jsonb_each_text(r.target -> 'names') given
		WHERE r.workspace_id = current_workspace() AND r.source_id = $1 AND r.created_at > $2 LIMIT 1000`, source, since)
	if err != nil {
		return nil, fmt.Errorf("list names given: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// order is a restore as it is inserted.
type order struct {
	ID       uuid.UUID
	Copy     copyRow
	Kind     TargetKind
	Target   []byte
	Sealed   []byte
	Paths    []string
	OverLive bool
	At       time.Time
}

func insertRestore(ctx context.Context, tx pgx.Tx, o order) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO restores (id, workspace_id, snapshot_id, source_id, target_kind, target, sealed_secret, paths, over_live, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		o.ID, o.Copy.Workspace, o.Copy.ID, o.Copy.SourceID, o.Kind, o.Target, o.Sealed, append([]string{}, o.Paths...), o.OverLive, o.At)
	if err != nil {
		return fmt.Errorf("create restore: %w", err)
	}
	return nil
}

const restoreColumns = task.Columns + `, r.snapshot_id, n.taken_at, r.source_id, s.kind, r.target_kind, r.target, r.paths, r.over_live, r.result`

const restoreTables = `restores r JOIN tasks t USING (id) JOIN sources s ON s.id = r.source_id JOIN snapshots n ON n.id = r.snapshot_id`

func get(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Restore, error) {
	rows, err := tx.Query(ctx, `SELECT `+restoreColumns+` FROM `+restoreTables+` WHERE r.id = $1`, id)
	if err != nil {
		return Restore{}, fmt.Errorf("find restore: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Restore])
	if db.NoRows(err) {
		return found, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}

// Filter picks restores. Zero fields pick all; Before, with BeforeID, continues a
// list. Limit is at most 200.
type Filter struct {
	SourceID   uuid.UUID
	SnapshotID uuid.UUID
	State      task.State
	Before     time.Time
	BeforeID   uuid.UUID
	Limit      int
}

func list(ctx context.Context, tx pgx.Tx, f Filter) ([]Restore, error) {
	rows, err := tx.Query(ctx, `SELECT `+restoreColumns+` FROM `+restoreTables+`
		WHERE r.workspace_id = current_workspace()
		  AND (@source::uuid IS NULL OR r.source_id = @source) AND (@snapshot::uuid IS NULL OR r.snapshot_id = @snapshot)
		  AND (@state::text = '' OR t.state = @state)
		  AND (@before::timestamptz IS NULL OR (r.created_at, r.id) < (@before, @before_id))
		ORDER BY r.created_at DESC, r.id DESC LIMIT @limit`,
		pgx.NamedArgs{"source": orNull(f.SourceID), "snapshot": orNull(f.SnapshotID), "state": f.State,
			"before": timeOrNull(f.Before), "before_id": f.BeforeID, "limit": min(max(f.Limit, 1), 200)})
	if err != nil {
		return nil, fmt.Errorf("list restores: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Restore])
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// finishDownload closes the task of a download: nothing is left to do for a worker.
func finishDownload(ctx context.Context, tx pgx.Tx, o order) error {
	_, err := tx.Exec(ctx, `UPDATE tasks SET state = 'succeeded', started_at = $2, finished_at = $2 WHERE id = $1`, o.ID, o.At)
	if err != nil {
		return fmt.Errorf("finish download: %w", err)
	}
	return nil
}
