package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// planRow is what starting a drill needs of a plan.
type planRow struct {
	ID         uuid.UUID
	Workspace  uuid.UUID
	SourceID   uuid.UUID
	SourceName string
	DrillCron  string
	Zone       string
	NextAt     *time.Time
	HasCopy    bool
}

const planColumns = `p.id, p.workspace_id, p.source_id, s.name, p.drill_cron, p.time_zone, p.next_drill_at,
	EXISTS (SELECT FROM snapshots n WHERE n.plan_id = p.id AND n.state = 'good')`

func lockPlan(ctx context.Context, tx pgx.Tx, id uuid.UUID) (planRow, error) {
	rows, err := tx.Query(ctx, `SELECT `+planColumns+` FROM plans p JOIN sources s ON s.id = p.source_id
		WHERE p.id = $1 AND p.deleted_at IS NULL AND s.deleted_at IS NULL FOR SHARE OF p`, id)
	if err != nil {
		return planRow{}, fmt.Errorf("find plan: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[planRow])
	if db.NoRows(err) {
		return p, fail.New(fail.NotFound, "fail.not_found")
	}
	return p, err
}

func planOfSnapshot(ctx context.Context, tx pgx.Tx, snapshot uuid.UUID) (plan uuid.UUID, err error) {
	err = tx.QueryRow(ctx, `SELECT plan_id FROM snapshots WHERE id = $1 AND state = 'good'`, snapshot).Scan(&plan)
	if db.NoRows(err) {
		return plan, fail.New(fail.NotFound, "fail.not_found")
	}
	return plan, err
}

// planToProve says which plan a backup was of, and whether its copy calls for a
// proof: there was none yet, or it is not like the copy that was proven.
func planToProve(ctx context.Context, tx pgx.Tx, backup uuid.UUID, now time.Time) (plan uuid.UUID, calls bool, err error) {
	var unproven bool
	err = tx.QueryRow(ctx, `SELECT b.plan_id, NOT EXISTS (SELECT FROM drills d WHERE d.plan_id = b.plan_id AND d.passed IS NOT NULL)
		FROM backups b WHERE b.id = $1`, backup).Scan(&plan, &unproven)
	if err != nil || unproven {
		return plan, unproven, err
	}
	protection, err := ProtectionOf(ctx, tx, plan, now)
	return plan, protection == ShapeChanged, err
}

func provablePlans(ctx context.Context, tx pgx.Tx) ([]planRow, error) {
	rows, err := tx.Query(ctx, `SELECT `+planColumns+` FROM plans p JOIN sources s ON s.id = p.source_id
		WHERE p.workspace_id = current_workspace() AND p.deleted_at IS NULL AND s.deleted_at IS NULL
		  AND EXISTS (SELECT FROM snapshots n WHERE n.plan_id = p.id AND n.state = 'good')
		ORDER BY lower(s.name) LIMIT 500`)
	if err != nil {
		return nil, fmt.Errorf("list plans to prove: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[planRow])
}

func insertDrill(ctx context.Context, tx pgx.Tx, id uuid.UUID, p planRow, snapshot *uuid.UUID, slot *time.Time, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO drills (id, workspace_id, plan_id, source_id, snapshot_id, slot, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, p.Workspace, p.ID, p.SourceID, snapshot, slot, now)
	if err != nil {
		return fmt.Errorf("create drill: %w", err)
	}
	return nil
}

// Drill is one drill as people see it. Results are nil until it has a proof.
type Drill struct {
	task.Task
	PlanID      uuid.UUID
	SourceID    uuid.UUID
	SourceKind  string
	SnapshotID  *uuid.UUID // chosen when the drill begins
	TakenAt     *time.Time // of the snapshot
	Slot        *time.Time // of the schedule; nil on demand
	Passed      *bool
	RestoreMS   *int64
	LostSeconds *int64
	ChecksTotal *int
	ChecksGood  *int
	ProvenAt    *time.Time
	RTOMinutes  int
	RPOMinutes  int
}

const drillColumns = task.Columns + `, d.plan_id, d.source_id, s.kind, d.snapshot_id, n.taken_at, d.slot, d.passed, d.rto_ms, d.rpo_seconds,
	d.checks_total, d.checks_good, d.proven_at, p.rto_minutes, p.rpo_minutes`

const drillTables = `drills d JOIN tasks t USING (id) JOIN sources s ON s.id = d.source_id JOIN plans p ON p.id = d.plan_id
	LEFT JOIN snapshots n ON n.id = d.snapshot_id`

func get(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Drill, error) {
	rows, err := tx.Query(ctx, `SELECT `+drillColumns+` FROM `+drillTables+` WHERE d.id = $1`, id)
	if err != nil {
		return Drill{}, fmt.Errorf("find drill: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Drill])
	if db.NoRows(err) {
		return found, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}

// Filter picks drills. Zero ids pick all; Before, with BeforeID, continues a
// list. Limit is at most 200.
type Filter struct {
	SourceID   uuid.UUID
	PlanID     uuid.UUID
	SnapshotID uuid.UUID
	Proofs     bool  // only those with a proof
	Passed     *bool // only those whose proof says so
	Before     time.Time
	BeforeID   uuid.UUID
	Limit      int
}

func list(ctx context.Context, tx pgx.Tx, f Filter) ([]Drill, error) {
	rows, err := tx.Query(ctx, `SELECT `+drillColumns+` FROM `+drillTables+`
		WHERE d.workspace_id = current_workspace()
		  AND (@source::uuid IS NULL OR d.source_id = @source) AND (@plan::uuid IS NULL OR d.plan_id = @plan)
		  AND (@snapshot::uuid IS NULL OR d.snapshot_id = @snapshot) AND (NOT @proofs OR d.passed IS NOT NULL)
		  AND (@passed::bool IS NULL OR d.passed = @passed)
		  AND (@before::timestamptz IS NULL OR (d.created_at, d.id) < (@before, @before_id))
		ORDER BY d.created_at DESC, d.id DESC LIMIT @limit`,
		pgx.NamedArgs{"source": orNull(f.SourceID), "plan": orNull(f.PlanID), "snapshot": orNull(f.SnapshotID), "proofs": f.Proofs, "passed": f.Passed,
			"before": timeOrNull(f.Before), "before_id": f.BeforeID, "limit": min(max(f.Limit, 1), 200)})
	if err != nil {
		return nil, fmt.Errorf("list drills: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Drill])
}

// keptProof is a proof in its row: the document is a text there, because jsonb
// would not keep its bytes.
type keptProof struct {
	Proof
	Document string `json:"document"`
}

func keep(p Proof) ([]byte, error) {
	return json.Marshal(keptProof{Proof: p, Document: string(p.Document)})
}

func readProofOf(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Proof, error) {
	var raw []byte
	err := tx.QueryRow(ctx, `SELECT proof FROM drills WHERE id = $1 AND proof IS NOT NULL`, id).Scan(&raw)
	if db.NoRows(err) {
		return Proof{}, fail.New(fail.NotFound, "fail.not_found")
	}
	if err != nil {
		return Proof{}, fmt.Errorf("find proof: %w", err)
	}
	var kept keptProof
	if err := json.Unmarshal(raw, &kept); err != nil {
		return Proof{}, fmt.Errorf("read proof: %w", err)
	}
	kept.Proof.Document = json.RawMessage(kept.Document)
	return kept.Proof, nil
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

// slotServed keeps a slot that a backward clock brings round again from being served twice.
func slotServed(ctx context.Context, tx pgx.Tx, plan uuid.UUID, slot time.Time) (served bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM drills WHERE plan_id = $1 AND slot = $2)`, plan, slot).Scan(&served)
	return served, err
}

func moveSchedule(ctx context.Context, tx pgx.Tx, plan uuid.UUID, slot, next time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE plans SET last_drill_slot = $2, next_drill_at = $3 WHERE id = $1`, plan, slot, next)
	return err
}

func stopSchedule(ctx context.Context, tx pgx.Tx, plan uuid.UUID) error {
	_, err := tx.Exec(ctx, `UPDATE plans SET next_drill_at = NULL WHERE id = $1`, plan)
	return err
}
