package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
)

// Workflow is what runs by itself; its draft stands apart.
type Workflow struct {
	ID          uuid.UUID     `json:"id" format:"uuid"`
	Name        string        `json:"name"`
	About       string        `json:"about"`
	Trigger     string        `json:"trigger" enum:"event,form,manual,schedule,webhook"`
	LiveVersion *int          `json:"live_version" doc:"null: never published."`
	PausedAt    *time.Time    `json:"paused_at"`
	NextAt      *time.Time    `json:"next_at" doc:"Of a schedule."`
	LastRunAt   *time.Time    `json:"last_run_at"`
	LastState   *engine.State `json:"last_state"`
	WaitingFor  int           `json:"waiting_for" doc:"So many steps wait for a person."`
	CreatedAt   time.Time     `json:"created_at"`
}

// WorkflowInput names a workflow. Definition is as GET …/draft shows it.
type WorkflowInput struct {
	Name       string `json:"name" minLength:"1" maxLength:"80"`
	About      string `json:"about,omitempty" maxLength:"500"`
	Definition any    `json:"definition,omitempty" doc:"Trigger, steps, settings; or all of it as a text of YAML. Left out: none yet."`
}

// WorkflowNames is what can be changed of a workflow itself.
type WorkflowNames struct {
	Name  string `json:"name" minLength:"1" maxLength:"80"`
	About string `json:"about,omitempty" maxLength:"500"`
}

func (r *resources) workflows() {
	add(r, op(http.MethodGet, "/workflows", http.StatusOK, account.ScopeRead, "List workflows"), r.listWorkflows)
	add(r, op(http.MethodPost, "/workflows", http.StatusCreated, account.ScopeManage, "Add a workflow, as a draft"), r.createWorkflow)
	add(r, op(http.MethodGet, "/workflows/{id}", http.StatusOK, account.ScopeRead, "Show a workflow"), r.showWorkflow)
	add(r, op(http.MethodPut, "/workflows/{id}", http.StatusOK, account.ScopeManage, "Rename a workflow"), r.renameWorkflow)
	add(r, op(http.MethodDelete, "/workflows/{id}", http.StatusNoContent, account.ScopeManage, "Delete a workflow and cancel its runs"), r.deleteWorkflow)
	add(r, op(http.MethodPost, "/workflows/{id}/pauses", http.StatusOK, account.ScopeOperate, "Make the trigger deaf"), r.pauseWorkflow)
	add(r, op(http.MethodPost, "/workflows/{id}/resumptions", http.StatusOK, account.ScopeOperate, "Listen again"), r.resumeWorkflow)
	r.drafts()
	r.figures()
	r.trials()
	r.trusts()
	r.versions()
}

func (r *resources) listWorkflows(ctx context.Context, actor account.Actor, in *Paging) (*listed[Workflow], error) {
	rows, err := r.site.Services.Workflows.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	return sliceOf(rows, *in, workflowOf, func(w workflow.Workflow) mark { return mark{w.CreatedAt, w.ID} })
}

func (r *resources) createWorkflow(ctx context.Context, actor account.Actor, in *struct{ Body WorkflowInput }) (*made[Workflow], error) {
	d, err := definitionOf(in.Body.Definition)
	if err != nil {
		return nil, err
	}
	id, err := r.site.Services.Workflows.Create(ctx, actor, in.Body.Name, in.Body.About, d)
	if err != nil {
		return nil, err
	}
	w, err := r.site.Services.Workflows.Get(ctx, actor, id)
	return &made[Workflow]{Location: at("workflows", id), Body: workflowOf(w)}, err
}

func (r *resources) showWorkflow(ctx context.Context, actor account.Actor, in *ByID) (*shown[Workflow], error) {
	w, err := r.site.Services.Workflows.Get(ctx, actor, in.ID)
	return &shown[Workflow]{Body: workflowOf(w)}, err
}

func (r *resources) renameWorkflow(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body WorkflowNames
}) (*shown[Workflow], error) {
	if err := r.site.Services.Workflows.Rename(ctx, actor, in.ID, in.Body.Name, in.Body.About); err != nil {
		return nil, err
	}
	return r.showWorkflow(ctx, actor, &in.ByID)
}

func (r *resources) deleteWorkflow(ctx context.Context, actor account.Actor, in *ByID) (*done, error) {
	return &done{}, r.site.Services.Workflows.Delete(ctx, actor, in.ID)
}

func (r *resources) pauseWorkflow(ctx context.Context, actor account.Actor, in *ByID) (*shown[Workflow], error) {
	if err := r.site.Services.Workflows.Pause(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.showWorkflow(ctx, actor, in)
}

func (r *resources) resumeWorkflow(ctx context.Context, actor account.Actor, in *ByID) (*shown[Workflow], error) {
	if err := r.site.Services.Workflows.Resume(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.showWorkflow(ctx, actor, in)
}

func workflowOf(w workflow.Workflow) Workflow {
	return Workflow{ID: w.ID, Name: w.Name, About: w.About, Trigger: w.Draft.Trigger.Kind, LiveVersion: w.LiveNumber, PausedAt: utc(w.PausedAt), NextAt: utc(w.NextAt),
		LastRunAt: utc(w.LastRunAt), LastState: w.LastState, WaitingFor: w.WaitingFor, CreatedAt: w.CreatedAt.UTC()}
}
