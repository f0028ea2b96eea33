package api

import (
	"context"
	"net/http"

	"levqor/jobs/account"
	"levqor/jobs/workflow"
)

// Trial is a test of a workflow's draft, or of one step of it.
type Trial struct {
	Revision int    `json:"revision" doc:"Of the draft, as GET …/draft shows it."`
	Step     string `json:"step,omitempty" maxLength:"40" doc:"Only this step, with the sample's data; left out: the whole draft, in which pinned steps give what is pinned."`
	Sample   Sample `json:"sample,omitempty"`
}

// Sample is the data that a test has in place of a run's.
type Sample struct {
	Trigger any            `json:"trigger,omitempty" doc:"What the steps read as trigger."`
	Steps   map[string]any `json:"steps,omitempty" doc:"Outputs of earlier steps, by id."`
	Item    any            `json:"item,omitempty" doc:"Of the loop that the step is in."`
}

func (r *resources) trials() {
	add(r, op(http.MethodPost, "/workflows/{id}/tests", http.StatusAccepted, account.ScopeManage, "Test the draft, or one step of it"), r.tryDraft)
	add(r, op(http.MethodGet, "/workflows/{id}/tests/sample", http.StatusOK, account.ScopeRead, "Show what a test of a step would read"), r.showSample)
}

func (r *resources) tryDraft(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body Trial
}) (*started[RunDetail], error) {
	begun, err := r.site.Services.Workflows.Try(ctx, actor, in.ID, in.Body.Revision, in.Body.Step, workflow.Sample(in.Body.Sample))
	if err != nil {
		return nil, err
	}
	return r.begun(ctx, actor, begun.ID)
}

func (r *resources) showSample(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Step string `query:"step" maxLength:"40"`
}) (*shown[Sample], error) {
	found, err := r.site.Services.Workflows.Sample(ctx, actor, in.ID, in.Step)
	return &shown[Sample]{Body: Sample(found)}, err
}
