package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/jobs/vault"
)

// Snapshot is what a backup left in a vault.
type Snapshot struct {
	ID          uuid.UUID            `json:"id" format:"uuid"`
	PlanID      uuid.UUID            `json:"plan_id" format:"uuid"`
	SourceID    uuid.UUID            `json:"source_id" format:"uuid"`
	SourceName  string               `json:"source_name"`
	SourceKind  source.Kind          `json:"source_kind" enum:"folder,postgres,s3"`
	VaultID     uuid.UUID            `json:"vault_id" format:"uuid"`
	VaultName   string               `json:"vault_name"`
	ManifestID  string               `json:"manifest_id" doc:"Its id in the vault, for the stock kopia program."`
	TakenAt     time.Time            `json:"taken_at"`
	Bytes       int64                `json:"bytes" doc:"As the source had them."`
	StoredBytes int64                `json:"stored_bytes" doc:"New in the vault when it was taken."`
	Files       int64                `json:"files"`
	Rows        *int64               `json:"rows" doc:"Of databases."`
	State       backup.SnapshotState `json:"state" enum:"deleted,deleting,good" doc:"Where it is in its life: good means that it is there."`
	Health      backup.Health        `json:"health" enum:"damaged,doubted,sound" doc:"What is known of its content. Doubted: a fault was found once, and it is read again. Damaged: found each time."`
	DoubtedAt   *time.Time           `json:"doubted_at" doc:"When a fault was first found; null while it is sound."`
	Unreadable  *vault.Unreadable    `json:"unreadable,omitempty" doc:"What of one that is not sound could not be read, as last looked at; the rest can be restored."`
	AdoptedAt   *time.Time           `json:"adopted_at" doc:"When it was found in its vault, if it was not recorded by its backup."`
	KeepReasons []backup.Reason      `json:"keep_reasons" doc:"Why it is kept, as last decided."`
	ExpiresAt   *time.Time           `json:"expires_at" doc:"Unless a newer one takes its place before."`
	ProvenAt    *time.Time           `json:"proven_at" doc:"When it was last proven to restore."`
	DeletedAt   *time.Time           `json:"deleted_at"`
	Hold        *Hold                `json:"hold,omitempty" doc:"The one that reaches furthest."`
	Uncovered   int                  `json:"uncovered" doc:"How many databases it does not hold though nobody left them out."`
	Notes       []Note               `json:"notes,omitempty" doc:"What it leaves out; not in lists."`
}

// Table is a table of a database snapshot; path names it in a restore's paths.
type Table struct {
	Database string `json:"database"`
	Schema   string `json:"schema"`
	Name     string `json:"name"`
	Path     string `json:"path"`
	Rows     int64  `json:"rows"`
	Bytes    int64  `json:"bytes"`
}

func (r *resources) snapshots() {
	add(r, op(http.MethodGet, "/snapshots", http.StatusOK, account.ScopeRead, "List snapshots"), r.listSnapshots)
	add(r, op(http.MethodGet, "/snapshots/{id}", http.StatusOK, account.ScopeRead, "Show a snapshot"), r.showSnapshot)
	add(r, op(http.MethodDelete, "/snapshots/{id}", http.StatusAccepted, account.ScopeAdmin, "Delete a snapshot before its time"), r.deleteSnapshot)
	add(r, op(http.MethodPost, "/snapshots/{id}/drills", http.StatusAccepted, account.ScopeOperate, "Prove that it restores"), r.startSnapshotDrill)
	add(r, op(http.MethodGet, "/snapshots/{id}/tables", http.StatusOK, account.ScopeRead, "List the tables of a database snapshot"), r.listTables)
}

func (r *resources) listSnapshots(ctx context.Context, actor account.Actor, in *struct {
	Paging
	SourceID uuid.UUID `query:"source_id" format:"uuid"`
	PlanID   uuid.UUID `query:"plan_id" format:"uuid"`
	Held     bool      `query:"held" doc:"Only held ones."`
	Deleted  bool      `query:"deleted" doc:"The deleted ones, in place of those that are there."`
	Text     string    `query:"text" maxLength:"100" doc:"Part of the source's name, or the start or end of an id."`
}) (*listed[Snapshot], error) {
	after, err := in.mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.site.Services.Backups.Snapshots(ctx, actor, backup.SnapshotFilter{SourceID: in.SourceID, PlanID: in.PlanID, Held: in.Held, Deleted: in.Deleted,
		Text: in.Text, Before: after.At, BeforeID: after.ID, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, snapshotOf, func(s backup.Snapshot) mark { return mark{s.TakenAt, s.ID} }), nil
}

func (r *resources) showSnapshot(ctx context.Context, actor account.Actor, in *ByID) (*shown[Snapshot], error) {
	s, err := r.site.Services.Backups.Snapshot(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	truth, err := r.site.Services.Backups.Truth(ctx, actor, in.ID)
	out := snapshotOf(s)
	out.Notes = notesOf(ctx, truth.Notes)
	return &shown[Snapshot]{Body: out}, err
}

func (r *resources) deleteSnapshot(ctx context.Context, actor account.Actor, in *ByID) (*started[Snapshot], error) {
	if err := r.site.Services.Backups.Delete(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	s, err := r.site.Services.Backups.Snapshot(ctx, actor, in.ID)
	return &started[Snapshot]{Location: at("snapshots", in.ID), Body: snapshotOf(s)}, err
}

func (r *resources) startSnapshotDrill(ctx context.Context, actor account.Actor, in *ByID) (*started[Drill], error) {
	id, err := r.site.Services.Drills.StartSnapshot(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return r.startedDrill(ctx, actor, id)
}

// listTables gives all of them: whoever restores single ones looks for names.
func (r *resources) listTables(ctx context.Context, actor account.Actor, in *ByID) (*listed[Table], error) {
	truth, err := r.site.Services.Backups.Truth(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := Page[Table]{Items: []Table{}}
	if truth.Postgres == nil {
		return &listed[Table]{Body: out}, nil
	}
	for _, d := range truth.Postgres.Databases {
		for _, t := range d.Tables {
			path := restore.Table{Database: d.Name, Schema: t.Schema, Name: t.Name}.Path()
			out.Items = append(out.Items, Table{Database: d.Name, Schema: t.Schema, Name: t.Name, Path: path, Rows: t.Rows, Bytes: t.Bytes})
		}
	}
	return &listed[Table]{Body: out}, nil
}

func snapshotOf(s backup.Snapshot) Snapshot {
	out := Snapshot{ID: s.ID, PlanID: s.PlanID, SourceID: s.SourceID, SourceName: s.SourceName, SourceKind: s.SourceKind, VaultID: s.VaultID, VaultName: s.VaultName,
		ManifestID: s.ManifestID, TakenAt: s.TakenAt.UTC(), Bytes: s.Bytes, StoredBytes: s.StoredBytes, Files: s.Files, Rows: s.Rows, State: s.State, Health: s.Health, DoubtedAt: utc(s.DoubtedAt), Unreadable: s.Unreadable, AdoptedAt: utc(s.AdoptedAt),
		KeepReasons: append([]backup.Reason{}, s.KeepReasons...), ExpiresAt: utc(s.ExpiresAt), ProvenAt: utc(s.ProvenAt), DeletedAt: utc(s.DeletedAt), Uncovered: s.Uncovered}
	if s.Hold != nil {
		h := holdOf(*s.Hold)
		out.Hold = &h
	}
	return out
}
