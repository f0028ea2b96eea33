// Package drilltest puts sources with a history into a test's database, without
// any server or vault behind them.
package drilltest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/task"
)

// History is a source with a plan, whose past a test writes.
type History struct {
	t        testing.TB
	d        *db.DB
	Actor    account.Actor
	SourceID uuid.UUID
	PlanID   uuid.UUID
	VaultID  uuid.UUID
	Name     string
}

// New makes a source with a plan since that time: RPO 6 h, RTO 12 h, no drills scheduled.
func New(t testing.TB, d *db.DB, actor account.Actor, name string, since time.Time) *History {
	t.Helper()
	h := &History{t: t, d: d, Actor: actor, SourceID: db.NewID(), PlanID: db.NewID(), VaultID: db.NewID(), Name: name}
	h.exec(`INSERT INTO vaults (id, workspace_id, name, kind, location, sealed_key, state, created_at, upkeep_due_at, used_bytes)
		VALUES ($1, $2, $3, 'filesystem', '{}', '', 'ready', $4, $4, 1000)`, h.VaultID, actor.Workspace, "vault of "+name, since)
	h.exec(`INSERT INTO sources (id, workspace_id, name, kind, config, tested_at, created_at) VALUES ($1, $2, $3, 'postgres', '{}', $4, $4)`,
		h.SourceID, actor.Workspace, name, since)
	h.exec(`INSERT INTO plans (id, workspace_id, source_id, vault_id, every_minutes, time_zone, rpo_minutes, rto_minutes, keep, expiry_due_at, created_at, next_at)
		VALUES ($1, $2, $3, $4, 360, 'UTC', 360, 720, '{}', $5, $5, $6)`, h.PlanID, actor.Workspace, h.SourceID, h.VaultID, since, since.Add(1000*time.Hour))
	return h
}

func (h *History) exec(sql string, args ...any) {
	h.t.Helper()
	err := h.d.InWorkspace(h.t.Context(), h.Actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// Alter changes a column of a snapshot.
func (h *History) Alter(snapshot uuid.UUID, column string, value any) {
	h.t.Helper()
	h.exec(`UPDATE snapshots SET `+pgx.Identifier{column}.Sanitize()+` = $2 WHERE id = $1`, snapshot, value)
}

// Doubt says that a fault was found in a snapshot then.
func (h *History) Doubt(snapshot uuid.UUID, at time.Time) {
	h.t.Helper()
	h.exec(`UPDATE snapshots SET health = 'doubted', doubted_at = $2 WHERE id = $1`, snapshot, at)
}

// Clear takes the doubt of a snapshot back.
func (h *History) Clear(snapshot uuid.UUID) {
	h.t.Helper()
	h.exec(`UPDATE snapshots SET health = 'sound', doubted_at = NULL, reread_at = NULL WHERE id = $1`, snapshot)
}

// Set changes a column of the plan.
func (h *History) Set(column string, value any) {
	h.t.Helper()
	h.exec(`UPDATE plans SET `+pgx.Identifier{column}.Sanitize()+` = $2 WHERE id = $1`, h.PlanID, value)
}

func (h *History) task(kind task.Kind, at time.Time, state task.State, class, key string) uuid.UUID {
	h.t.Helper()
	id := db.NewID()
	h.exec(`INSERT INTO tasks (id, workspace_id, kind, state, subject_name, cause, created_at, started_at, finished_at, failure_class, failure_key)
		VALUES ($1, $2, $3, $4, $5, 'schedule', $6, $6, $7, $8, $9)`,
		id, h.Actor.Workspace, kind, state, h.Name, at, at.Add(time.Minute), class, key)
	return id
}

// Task reads a task as its follow-ups see it.
func (h *History) Task(id uuid.UUID) task.Task {
	h.t.Helper()
	found, err := task.ByID(h.t.Context(), h.d, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return found
}

// Backup is a good one, that began then and took a minute, with its snapshot.
func (h *History) Backup(at time.Time, bytes int64) (backup, snapshot uuid.UUID) {
	h.t.Helper()
	backup, snapshot = h.task(task.Backup, at, task.Succeeded, "", ""), db.NewID()
	h.exec(`INSERT INTO backups (id, workspace_id, plan_id, source_id, vault_id, snapshot_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		backup, h.Actor.Workspace, h.PlanID, h.SourceID, h.VaultID, snapshot, at)
	h.exec(`INSERT INTO snapshots (id, workspace_id, plan_id, source_id, vault_id, manifest_id, taken_at, bytes, stored_bytes, files, truth)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1, '{}')`,
		snapshot, h.Actor.Workspace, h.PlanID, h.SourceID, h.VaultID, snapshot.String(), at, bytes)
	return backup, snapshot
}

// FailedBackup is one that ended so.
func (h *History) FailedBackup(at time.Time, class, key string) uuid.UUID {
	h.t.Helper()
	id := h.task(task.Backup, at, task.Failed, class, key)
	h.exec(`INSERT INTO backups (id, workspace_id, plan_id, source_id, vault_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, h.Actor.Workspace, h.PlanID, h.SourceID, h.VaultID, at)
	return id
}

// Drill left a proof of ten checks, passed or with one that is not good, of the
// newest copy of that time.
func (h *History) Drill(at time.Time, passed bool) uuid.UUID {
	h.t.Helper()
	id, good := h.task(task.Drill, at, task.Succeeded, "", ""), 10
	if !passed {
		good = 9
	}
	h.exec(`INSERT INTO drills (id, workspace_id, plan_id, source_id, snapshot_id, passed, rto_ms, rpo_seconds, checks_total, checks_good, proven_at, created_at)
		VALUES ($1, $2, $3, $4, (SELECT id FROM snapshots WHERE plan_id = $3 AND taken_at <= $8 AND state = 'good' ORDER BY taken_at DESC LIMIT 1),
			$5, 221000, 9000, 10, $6, $7, $8)`,
		id, h.Actor.Workspace, h.PlanID, h.SourceID, passed, good, at.Add(time.Minute), at)
	return id
}

// FailedDrill could not run.
func (h *History) FailedDrill(at time.Time, class, key string) uuid.UUID {
	h.t.Helper()
	id := h.task(task.Drill, at, task.Failed, class, key)
	h.exec(`INSERT INTO drills (id, workspace_id, plan_id, source_id, created_at) VALUES ($1, $2, $3, $4, $5)`,
		id, h.Actor.Workspace, h.PlanID, h.SourceID, at)
	return id
}
