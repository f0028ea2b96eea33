package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/backup"
)

// Hold keeps a snapshot whatever the policy says.
type Hold struct {
	ID         uuid.UUID  `json:"id" format:"uuid"`
	SnapshotID uuid.UUID  `json:"snapshot_id" format:"uuid"`
	Reason     string     `json:"reason"`
	Until      *time.Time `json:"until" doc:"null: until it is released."`
	HeldBy     string     `json:"held_by"`
	CreatedAt  time.Time  `json:"created_at"`
	ReleasedAt *time.Time `json:"released_at"`
	ReleasedBy string     `json:"released_by"`
}

// HoldInput says why, and until when.
type HoldInput struct {
	Reason string     `json:"reason" minLength:"1" maxLength:"500"`
	Until  *time.Time `json:"until,omitempty" doc:"Left out: until it is released."`
}

func (r *resources) holds() {
	add(r, op(http.MethodGet, "/holds", http.StatusOK, account.ScopeRead, "List holds, released ones too: the newest 200"), r.listHolds)
	add(r, op(http.MethodGet, "/holds/{id}", http.StatusOK, account.ScopeRead, "Show a hold"), r.showHold)
	add(r, op(http.MethodDelete, "/holds/{id}", http.StatusNoContent, account.ScopeAdmin, "Release a hold"), r.releaseHold)
	add(r, op(http.MethodPost, "/holds/{id}/releases", http.StatusOK, account.ScopeAdmin, "Release a hold"), r.releaseAndShow)
	add(r, op(http.MethodGet, "/snapshots/{id}/holds", http.StatusOK, account.ScopeRead, "List a snapshot's holds"), r.listHoldsOf)
	add(r, op(http.MethodPost, "/snapshots/{id}/holds", http.StatusCreated, account.ScopeOperate, "Hold a snapshot"), r.hold)
}

func (r *resources) listHolds(ctx context.Context, actor account.Actor, in *struct {
	PlanID uuid.UUID `query:"plan_id" format:"uuid"`
}) (*listed[Hold], error) {
	holds, err := r.site.Services.Backups.Holds(ctx, actor, in.PlanID)
	return holdsOf(holds), err
}

func (r *resources) showHold(ctx context.Context, actor account.Actor, in *ByID) (*shown[Hold], error) {
	h, err := r.site.Services.Backups.FindHold(ctx, actor, in.ID)
	return &shown[Hold]{Body: holdOf(h)}, err
}

func (r *resources) releaseHold(ctx context.Context, actor account.Actor, in *ByID) (*done, error) {
	return &done{}, r.site.Services.Backups.Release(ctx, actor, in.ID)
}

func (r *resources) releaseAndShow(ctx context.Context, actor account.Actor, in *ByID) (*shown[Hold], error) {
	if err := r.site.Services.Backups.Release(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.showHold(ctx, actor, in)
}

func (r *resources) listHoldsOf(ctx context.Context, actor account.Actor, in *ByID) (*listed[Hold], error) {
	holds, err := r.site.Services.Backups.HoldsOf(ctx, actor, in.ID)
	return holdsOf(holds), err
}

func (r *resources) hold(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body HoldInput
}) (*made[Hold], error) {
	wanted := backup.HoldInput{Reason: in.Body.Reason}
	set(&wanted.Until, in.Body.Until)
	id, err := r.site.Services.Backups.Hold(ctx, actor, in.ID, wanted)
	if err != nil {
		return nil, err
	}
	h, err := r.site.Services.Backups.FindHold(ctx, actor, id)
	return &made[Hold]{Location: at("holds", id), Body: holdOf(h)}, err
}

func holdsOf(holds []backup.Hold) *listed[Hold] {
	out := Page[Hold]{Items: []Hold{}}
	for _, h := range holds {
		out.Items = append(out.Items, holdOf(h))
	}
	return &listed[Hold]{Body: out}
}

func holdOf(h backup.Hold) Hold {
	return Hold{ID: h.ID, SnapshotID: h.SnapshotID, Reason: h.Reason, Until: utc(h.Until), HeldBy: h.HeldBy, CreatedAt: h.CreatedAt.UTC(),
		ReleasedAt: utc(h.ReleasedAt), ReleasedBy: h.ReleasedBy}
}
