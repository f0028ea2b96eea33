package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/source"
	"levqor/jobs/task"
)

// Backup is one execution of a plan.
type Backup struct {
	Task
	PlanID     uuid.UUID   `json:"plan_id" format:"uuid"`
	SourceID   uuid.UUID   `json:"source_id" format:"uuid"`
	SourceName string      `json:"source_name"`
	SourceKind source.Kind `json:"source_kind" enum:"folder,postgres,s3"`
	VaultID    uuid.UUID   `json:"vault_id" format:"uuid"`
	VaultName  string      `json:"vault_name"`
	Slot       *time.Time  `json:"slot" doc:"The schedule's instant; null on demand."`
	Missed     int         `json:"missed" doc:"Slots before it that went by unserved; this one makes up for all."`
	SnapshotID *uuid.UUID  `json:"snapshot_id" format:"uuid" nullable:"true" doc:"Once it succeeded."`
}

func (r *resources) backups() {
	add(r, op(http.MethodGet, "/backups", http.StatusOK, account.ScopeRead, "List backups"), r.listBackups)
	add(r, op(http.MethodGet, "/backups/{id}", http.StatusOK, account.ScopeRead, "Watch a backup"), r.showBackup)
	add(r, op(http.MethodPost, "/backups/{id}/cancellations", http.StatusAccepted, account.ScopeOperate, "Stop a backup"), r.cancelBackup)
}

func (r *resources) listBackups(ctx context.Context, actor account.Actor, in *struct {
	Paging
	SourceID uuid.UUID  `query:"source_id" format:"uuid"`
	PlanID   uuid.UUID  `query:"plan_id" format:"uuid"`
	State    task.State `query:"state" enum:"canceled,failed,queued,running,succeeded"`
}) (*listed[Backup], error) {
	after, err := in.mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.site.Services.Backups.List(ctx, actor, backup.BackupFilter{SourceID: in.SourceID, PlanID: in.PlanID, State: in.State,
		Before: after.At, BeforeID: after.ID, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, func(b backup.Backup) Backup { return backupOf(ctx, b) }, func(b backup.Backup) mark { return mark{b.CreatedAt, b.ID} }), nil
}

func (r *resources) showBackup(ctx context.Context, actor account.Actor, in *ByID) (*shown[Backup], error) {
	b, err := r.site.Services.Backups.Get(ctx, actor, in.ID)
	return &shown[Backup]{Body: backupOf(ctx, b)}, err
}

func (r *resources) cancelBackup(ctx context.Context, actor account.Actor, in *ByID) (*started[Backup], error) {
	if _, err := r.site.Services.Backups.Get(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	if err := r.site.Services.Tasks.Cancel(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.startedBackup(ctx, actor, in.ID)
}

func (r *resources) startedBackup(ctx context.Context, actor account.Actor, id uuid.UUID) (*started[Backup], error) {
	b, err := r.site.Services.Backups.Get(ctx, actor, id)
	return &started[Backup]{Location: at("backups", id), Body: backupOf(ctx, b)}, err
}

func backupOf(ctx context.Context, b backup.Backup) Backup {
	return Backup{Task: taskOf(ctx, b.Task), PlanID: b.PlanID, SourceID: b.SourceID, SourceName: b.SubjectName, SourceKind: b.SourceKind,
		VaultID: b.VaultID, VaultName: b.VaultName, Slot: utc(b.Slot), Missed: b.Missed, SnapshotID: b.SnapshotID}
}
