package alert

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// tenant is whose alert it is.
type tenant struct {
	Workspace     uuid.UUID
	WorkspaceName string
}

// about is what an alert is about: a plan of a source, or a vault.
type about struct {
	tenant
	source, plan, vault *uuid.UUID
}

func (a about) id() uuid.UUID { return *cmp.Or(a.plan, a.vault) }

// subject is a plan that an alert is about, as the database has it now.
type subject struct {
	PlanID uuid.UUID
	tenant
	SourceID      uuid.UUID
	SourceName    string
	RPOMinutes    int
	PlanCreatedAt time.Time
	PausedAt      *time.Time
	DeletedAt     *time.Time
	NewestCopy    *time.Time
}

// sourceLabel tells the plans of one source apart.
const sourceLabel = `CASE WHEN (SELECT count(*) FROM plans x WHERE x.source_id = s.id AND x.deleted_at IS NULL) > 1
	THEN s.name || ' → ' || (SELECT v.name FROM vaults v WHERE v.id = p.vault_id) ELSE s.name END`

const subjectColumns = `p.id, p.workspace_id, w.name, p.source_id, ` + sourceLabel + `, p.rpo_minutes, p.created_at, p.paused_at, coalesce(p.deleted_at, s.deleted_at), newest.taken_at`

// subjectTables take now as $1: a copy from the future is no newest one.
const subjectTables = `plans p JOIN sources s ON s.id = p.source_id JOIN workspaces w ON w.id = p.workspace_id
	LEFT JOIN LATERAL (SELECT taken_at FROM snapshots WHERE plan_id = p.id AND state = 'good' AND health = 'sound'
		AND taken_at <= $1::timestamptz + interval '1 hour' ORDER BY taken_at DESC LIMIT 1) newest ON true`

func (s subject) about() about { return about{tenant: s.tenant, source: &s.SourceID, plan: &s.PlanID} }

func (s subject) rpo() time.Duration { return time.Duration(s.RPOMinutes) * time.Minute }

// planOf finds the plan of a backup or drill, and what the drill's proof says.
func planOf(ctx context.Context, tx pgx.Tx, t task.Task) (plan uuid.UUID, proof outcome, err error) {
	if t.Kind == task.Drill {
		err = tx.QueryRow(ctx, `SELECT plan_id, passed, checks_good, checks_total FROM drills WHERE id = $1`, t.ID).
			Scan(&plan, &proof.Passed, &proof.Good, &proof.Total)
		return plan, proof, err
	}
	err = tx.QueryRow(ctx, `SELECT plan_id FROM backups WHERE id = $1`, t.ID).Scan(&plan)
	return plan, proof, err
}

// lockSubject keeps two outcomes of one plan in order.
func lockSubject(ctx context.Context, tx pgx.Tx, plan uuid.UUID, now time.Time) (subject, error) {
	rows, err := tx.Query(ctx, `SELECT `+subjectColumns+` FROM `+subjectTables+` WHERE p.id = $2 FOR UPDATE OF p`, now, plan)
	if err != nil {
		return subject{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[subject])
}

// superseded reports whether a later task of the plan already went well, so
// that a late word of a failure must not open anything.
func superseded(ctx context.Context, tx pgx.Tx, s subject, t task.Task) (later bool, err error) {
	query := `SELECT EXISTS (SELECT FROM backups b JOIN tasks t USING (id)
		WHERE b.source_id = $1 AND b.plan_id = $2 AND b.created_at > $3 AND t.state = 'succeeded')`
	if t.Kind == task.Drill {
		query = `SELECT EXISTS (SELECT FROM drills WHERE source_id = $1 AND plan_id = $2 AND created_at > $3 AND passed)`
	}
	err = tx.QueryRow(ctx, query, s.SourceID, s.PlanID, t.CreatedAt).Scan(&later)
	return later, err
}

// opened says what recording a failure did.
type opened struct {
	ID      uuid.UUID
	Times   int
	First   bool
	Counted bool // false: this task was counted before
}

// record opens an alert or counts a repeat on the open one. A task counts once.
func record(ctx context.Context, tx pgx.Tx, id uuid.UUID, of about, v verdict, taskID *uuid.UUID, at time.Time) (opened, error) {
	args, err := json.Marshal(orEmpty(v.args))
	if err != nil {
		return opened{}, err
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO alerts AS a (id, workspace_id, source_id, plan_id, vault_id, kind, task_id, failure_class, failure_key, failure_args, opened_at, last_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
		ON CONFLICT (about_id, kind) WHERE resolved_at IS NULL DO UPDATE
		SET times = a.times + 1, task_id = excluded.task_id, failure_class = excluded.failure_class,
			failure_key = excluded.failure_key, failure_args = excluded.failure_args, last_at = greatest(a.last_at, excluded.last_at)
		WHERE a.task_id IS DISTINCT FROM excluded.task_id AND excluded.last_at >= a.last_at
		RETURNING a.id, a.times, a.id = $1, true`,
		id, of.Workspace, of.source, of.plan, of.vault, v.wrong, taskID, v.class, v.key, args, at)
	if err != nil {
		return opened{}, fmt.Errorf("record alert: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[opened])
	if err != nil || len(found) == 0 {
		return opened{}, err
	}
	return found[0], nil
}

// resolve closes the open alerts about it of those kinds that began before at.
func resolve(ctx context.Context, tx pgx.Tx, id uuid.UUID, kinds []Kind, at time.Time) ([]Kind, error) {
	rows, err := tx.Query(ctx, `
		UPDATE alerts SET resolved_at = $3
		WHERE about_id = $1 AND kind = ANY($2) AND resolved_at IS NULL AND last_at <= $3 RETURNING kind`, id, kinds, at)
	if err != nil {
		return nil, fmt.Errorf("resolve alerts: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[Kind])
}

// overdue lists plans past their RPO that have no alert of it, the latest first.
func overdue(ctx context.Context, tx pgx.Tx, now time.Time, limit int) ([]subject, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+subjectColumns+` FROM `+subjectTables+`
		WHERE p.deleted_at IS NULL AND s.deleted_at IS NULL AND p.paused_at IS NULL
		  AND coalesce(newest.taken_at, p.created_at) < $1::timestamptz - make_interval(mins => p.rpo_minutes)
		  AND NOT EXISTS (SELECT FROM alerts a WHERE a.about_id = p.id AND a.kind = 'backup_overdue' AND a.resolved_at IS NULL)
		ORDER BY coalesce(newest.taken_at, p.created_at) + make_interval(mins => p.rpo_minutes)
		LIMIT $2 FOR UPDATE OF p SKIP LOCKED`, now, limit)
	if err != nil {
		return nil, fmt.Errorf("look for overdue plans: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[subject])
}

// settled lists plans whose open alerts no longer hold: removed ones, and overdue
// ones that were paused or have a fresh copy.
func settled(ctx context.Context, tx pgx.Tx, now time.Time, limit int) ([]subject, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+subjectColumns+` FROM `+subjectTables+`
		WHERE EXISTS (SELECT FROM alerts a WHERE a.about_id = p.id AND a.resolved_at IS NULL AND (p.deleted_at IS NOT NULL OR s.deleted_at IS NOT NULL
			OR a.kind = 'backup_overdue' AND (p.paused_at IS NOT NULL
				OR coalesce(newest.taken_at, p.created_at) >= $1::timestamptz - make_interval(mins => p.rpo_minutes))))
		ORDER BY p.id LIMIT $2 FOR UPDATE OF p SKIP LOCKED`, now, limit)
	if err != nil {
		return nil, fmt.Errorf("look for settled alerts: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[subject])
}

// Filter picks alerts. Limit is at most 200; Before, with BeforeID, continues a list.
type Filter struct {
	Open     bool // only what is wrong now
	SourceID uuid.UUID
	Before   time.Time
	BeforeID uuid.UUID
	Limit    int
}

// alertRow is Alert in the order of its columns.
type alertRow struct {
	ID          uuid.UUID
	Kind        Kind
	SourceID    uuid.UUID
	SourceName  string
	SourceKind  string
	PlanID      uuid.UUID
	VaultID     uuid.UUID
	VaultName   string
	TaskID      *uuid.UUID
	FailureKey  string
	FailureArgs map[string]any
	Class       fail.Class
	Times       int
	OpenedAt    time.Time
	LastAt      time.Time
	ResolvedAt  *time.Time
	NewestCopy  *time.Time
	RPOMinutes  int
}

// Find lists the alerts of the workspace that tx sees, newest first.
func Find(ctx context.Context, tx pgx.Tx, f Filter) ([]Alert, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.id, a.kind, coalesce(a.source_id, @none), coalesce(`+sourceLabel+`, ''), coalesce(s.kind, ''), coalesce(a.plan_id, @none),
			coalesce(a.vault_id, @none), coalesce(v.name, ''), a.task_id, a.failure_key, a.failure_args, a.failure_class,
			a.times, a.opened_at, a.last_at, a.resolved_at, newest.taken_at, coalesce(p.rpo_minutes, 0)
		FROM alerts a LEFT JOIN sources s ON s.id = a.source_id LEFT JOIN plans p ON p.id = a.plan_id LEFT JOIN vaults v ON v.id = a.vault_id
		LEFT JOIN LATERAL (SELECT taken_at FROM snapshots WHERE plan_id = a.plan_id AND state = 'good' AND health = 'sound'
			AND taken_at <= greatest(now(), a.last_at) + interval '1 hour' ORDER BY taken_at DESC LIMIT 1) newest ON true
		WHERE a.workspace_id = current_workspace() AND (NOT @open OR a.resolved_at IS NULL)
		  AND (@source = @none OR a.source_id = @source)
		  AND (@first OR (a.opened_at, a.id) < (@before, @before_id))
		ORDER BY a.opened_at DESC, a.id DESC LIMIT @limit`,
		pgx.NamedArgs{"none": uuid.Nil, "open": f.Open, "source": f.SourceID, "first": f.Before.IsZero(), "before": f.Before,
			"before_id": f.BeforeID, "limit": min(max(f.Limit, 1), 200)})
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[alertRow])
	alerts := make([]Alert, len(found))
	for i, r := range found {
		alerts[i] = Alert{r.ID, r.Kind, r.SourceID, r.SourceName, r.SourceKind, r.PlanID, r.VaultID, r.VaultName, r.TaskID, r.FailureKey, r.FailureArgs,
			r.Class, r.Times, r.OpenedAt, r.LastAt, r.ResolvedAt, r.NewestCopy, time.Duration(r.RPOMinutes) * time.Minute}
	}
	return alerts, err
}

func orEmpty(args map[string]any) map[string]any {
	if args == nil {
		return map[string]any{}
	}
	return args
}
