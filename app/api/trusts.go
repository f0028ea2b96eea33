package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/workflow"
)

// Trust is an "always allow": a step that asks nobody any more for exactly this.
type Trust struct {
	ID        uuid.UUID `json:"id" format:"uuid"`
	Step      string    `json:"step"`
	Reach     string    `json:"reach" doc:"To whom: addresses, or method and host."`
	GrantedBy string    `json:"granted_by"`
	CreatedAt time.Time `json:"created_at"`
}

func (r *resources) trusts() {
	add(r, op(http.MethodGet, "/workflows/{id}/trusts", http.StatusOK, account.ScopeRead, "List what its steps may do without asking: the newest 500"), r.listTrusts)
	add(r, op(http.MethodDelete, "/workflows/{id}/trusts/{trust}", http.StatusNoContent, account.ScopeOperate, "Let a step ask again"), r.endTrust)
}

func (r *resources) listTrusts(ctx context.Context, actor account.Actor, in *ByID) (*listed[Trust], error) {
	all, err := r.site.Services.Workflows.Trusts(ctx, actor, in.ID)
	page := Page[Trust]{Items: []Trust{}}
	for _, t := range all {
		page.Items = append(page.Items, trustOf(t))
	}
	return &listed[Trust]{Body: page}, err
}

func trustOf(t workflow.Trust) Trust {
	return Trust{ID: t.ID, Step: t.StepID, Reach: t.Reach, GrantedBy: t.GrantedBy, CreatedAt: t.CreatedAt.UTC()}
}

func (r *resources) endTrust(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Trust uuid.UUID `path:"trust" format:"uuid"`
}) (*done, error) {
	return &done{}, r.site.Services.Workflows.Distrust(ctx, actor, in.ID, in.Trust)
}
