package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
)

func (r *resources) plans() {
	add(r, op(http.MethodGet, "/plans", http.StatusOK, account.ScopeRead, "List plans"), r.listPlans)
	add(r, op(http.MethodPost, "/plans", http.StatusCreated, account.ScopeManage, "Add a plan"), r.createPlan)
	add(r, op(http.MethodGet, "/plans/{id}", http.StatusOK, account.ScopeRead, "Show a plan"), r.showPlan)
	add(r, op(http.MethodPut, "/plans/{id}", http.StatusOK, account.ScopeManage, "Replace a plan's settings"), r.replacePlan)
	add(r, op(http.MethodDelete, "/plans/{id}", http.StatusNoContent, account.ScopeManage, "End a plan; its snapshots stay, and expire by its rules once it can't be undone any more"), r.deletePlan)
	add(r, op(http.MethodPost, "/plans/{id}/backups", http.StatusAccepted, account.ScopeOperate, "Back up now"), r.startBackup)
	add(r, op(http.MethodPost, "/plans/{id}/drills", http.StatusAccepted, account.ScopeOperate, "Prove the newest snapshot now"), r.startPlanDrill)
	add(r, op(http.MethodPost, "/plans/{id}/pauses", http.StatusOK, account.ScopeOperate, "Stop the schedule"), r.pausePlan)
	add(r, op(http.MethodPost, "/plans/{id}/resumptions", http.StatusOK, account.ScopeOperate, "Go on with the schedule"), r.resumePlan)
	add(r, op(http.MethodPost, "/plans/{id}/undos", http.StatusOK, account.ScopeManage, "Undo a plan's end, or changes of what it keeps, while their grace lasts"), r.undoPlan)
	add(r, op(http.MethodGet, "/plans/{id}/retention-preview", http.StatusOK, account.ScopeRead, "What the plan keeps"), r.showRetention)
	add(r, op(http.MethodPost, "/plans/{id}/retention-preview", http.StatusOK, account.ScopeRead, "What another policy would keep and delete"), r.previewRetention)
}

func (r *resources) listPlans(ctx context.Context, actor account.Actor, in *struct {
	Paging
	SourceID uuid.UUID `query:"source_id" format:"uuid"`
}) (*listed[Plan], error) {
	rows, err := r.site.Services.Backups.Plans(ctx, actor, in.SourceID)
	if err != nil {
		return nil, err
	}
	return sliceOf(rows, in.Paging, r.planOf, func(p backup.Plan) mark { return mark{p.CreatedAt, p.ID} })
}

func (r *resources) createPlan(ctx context.Context, actor account.Actor, in *struct{ Body PlanInput }) (*made[Plan], error) {
	wanted := in.Body.onto(backup.Defaults("UTC"))
	wanted.SourceID, wanted.VaultID, wanted.StartNow = in.Body.SourceID, in.Body.VaultID, in.Body.StartNow
	id, err := r.site.Services.Backups.CreatePlan(ctx, actor, wanted)
	if err != nil {
		return nil, err
	}
	p, err := r.site.Services.Backups.Plan(ctx, actor, id)
	return &made[Plan]{Location: at("plans", id), ETag: etag(p.Revision), Body: r.planOf(p)}, err
}

func (r *resources) showPlan(ctx context.Context, actor account.Actor, in *ByID) (*shown[Plan], error) {
	p, err := r.site.Services.Backups.Plan(ctx, actor, in.ID)
	return &shown[Plan]{ETag: etag(p.Revision), Body: r.planOf(p)}, err
}

func (r *resources) replacePlan(ctx context.Context, actor account.Actor, in *struct {
	Changing
	Body PlanChange
}) (*shown[Plan], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	p, err := r.site.Services.Backups.Plan(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	var form fail.Form
	form.Check(in.Body.SourceID == nil || *in.Body.SourceID == p.SourceID, "source_id", "api.field.fixed")
	form.Check(in.Body.VaultID == nil || *in.Body.VaultID == p.VaultID, "vault_id", "api.field.fixed")
	if err := form.Err(); err != nil {
		return nil, err
	}
	if revision == 0 {
		revision = p.Revision
	}
	if err := r.site.Services.Backups.UpdatePlan(ctx, actor, in.ID, revision, in.Body.onto(backup.Defaults(p.Zone))); err != nil {
		return nil, in.conflict(err)
	}
	return r.showPlan(ctx, actor, &ByID{in.ID})
}

func (r *resources) deletePlan(ctx context.Context, actor account.Actor, in *ByID) (*done, error) {
	return &done{}, r.site.Services.Backups.DeletePlan(ctx, actor, in.ID)
}

func (r *resources) undoPlan(ctx context.Context, actor account.Actor, in *ByID) (*shown[Plan], error) {
	if err := r.site.Services.Backups.Undo(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.showPlan(ctx, actor, in)
}

func (r *resources) planOf(p backup.Plan) Plan { return planOf(r.site.Services.Clock.Now(), p) }

func (r *resources) startBackup(ctx context.Context, actor account.Actor, in *ByID) (*started[Backup], error) {
	id, err := r.site.Services.Backups.Start(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return r.startedBackup(ctx, actor, id)
}

func (r *resources) startPlanDrill(ctx context.Context, actor account.Actor, in *ByID) (*started[Drill], error) {
	id, err := r.site.Services.Drills.Start(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return r.startedDrill(ctx, actor, id)
}

func (r *resources) pausePlan(ctx context.Context, actor account.Actor, in *ByID) (*shown[Plan], error) {
	if err := r.site.Services.Backups.Pause(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.showPlan(ctx, actor, in)
}

func (r *resources) resumePlan(ctx context.Context, actor account.Actor, in *ByID) (*shown[Plan], error) {
	if err := r.site.Services.Backups.Resume(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.showPlan(ctx, actor, in)
}
