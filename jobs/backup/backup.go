package backup

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/task"
)

// Backup is one execution of a plan: a task, and what it is of.
type Backup struct {
	task.Task
	PlanID     uuid.UUID
	SourceID   uuid.UUID
	SourceKind source.Kind
	VaultID    uuid.UUID
	VaultName  string
	Slot       *time.Time // of the schedule; nil on demand
	Missed     int        // slots before it that went unserved
	SnapshotID *uuid.UUID // once it succeeded
}

const backupColumns = task.Columns + `, b.plan_id, b.source_id, s.kind, b.vault_id, v.name, b.slot, b.missed, b.snapshot_id`

const backupTables = `backups b JOIN tasks t ON t.id = b.id JOIN sources s ON s.id = b.source_id JOIN vaults v ON v.id = b.vault_id`

// BackupFilter narrows a list; zero fields don't. Before and BeforeID are the
// CreatedAt and ID of the last row seen.
type BackupFilter struct {
	SourceID uuid.UUID
	PlanID   uuid.UUID
	State    task.State
	Before   time.Time
	BeforeID uuid.UUID
	Limit    int
}

// where is what the filter asks of tasks t and backups b. What it does not ask is
// left out, so that each list is read along an index.
func (f BackupFilter) where() string {
	parts := []string{"t.workspace_id = current_workspace()", "t.kind = 'backup'"}
	if f.SourceID != uuid.Nil {
		parts = append(parts, "b.source_id = @source")
	}
	if f.PlanID != uuid.Nil {
		parts = append(parts, "b.plan_id = @plan")
	}
	if f.State != "" {
		parts = append(parts, "t.state = @state")
	}
	if !f.Before.IsZero() {
		parts = append(parts, "t.created_at <= @before AND (t.created_at, t.id) < (@before, @before_id::uuid)")
	}
	return strings.Join(parts, " AND ")
}

// List is newest first. Needs View.
func (b *Backups) List(ctx context.Context, actor account.Actor, f BackupFilter) (found []Backup, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+backupColumns+` FROM `+backupTables+` WHERE `+f.where()+`
			ORDER BY t.created_at DESC, t.id DESC LIMIT @limit`, pgx.NamedArgs{
			"source": f.SourceID, "plan": f.PlanID, "state": string(f.State), "before": f.Before.UTC(), "before_id": f.BeforeID, "limit": limitOf(f.Limit)})
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Backup])
		return err
	})
	return found, err
}

// Get finds one. Needs View.
func (b *Backups) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (found Backup, err error) {
	if err := actor.Require(account.View); err != nil {
		return Backup{}, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+backupColumns+` FROM `+backupTables+` WHERE b.id = $1`, id)
		if err != nil {
			return err
		}
		found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Backup])
		return err
	})
	if db.NoRows(err) {
		return Backup{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}
