package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/workflow"
)

// Approval is something that waits for a person.
type Approval struct {
	RunID      uuid.UUID  `json:"run_id" format:"uuid"`
	Key        string     `json:"key" doc:"Of the step within the run."`
	WorkflowID uuid.UUID  `json:"workflow_id" format:"uuid"`
	Workflow   string     `json:"workflow"`
	Kind       string     `json:"kind" enum:"approval,unknown" doc:"unknown: nobody knows whether the step was done."`
	Class      string     `json:"class" enum:"A,B,C"`
	StepKind   string     `json:"step_kind"`
	Input      any        `json:"input" doc:"Exactly what runs."`
	Hash       string     `json:"hash"`
	Since      time.Time  `json:"since"`
	Until      *time.Time `json:"until"`
}

// DecisionInput decides.
type DecisionInput struct {
	Key    string `json:"key" minLength:"1" maxLength:"500"`
	Hash   string `json:"hash" minLength:"1" maxLength:"128" doc:"Of what was looked at."`
	Yes    bool   `json:"yes,omitempty"`
	As     string `json:"as,omitempty" enum:"again,done,failed" doc:"Of an unknown outcome."`
	Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Needed for a no."`
	Always bool   `json:"always,omitempty" doc:"Ask no more for exactly this effect; the scope admin."`
}

func (r *resources) listApprovals(ctx context.Context, actor account.Actor, _ *struct{}) (*listed[Approval], error) {
	rows, err := r.site.Services.Workflows.Questions(ctx, actor)
	page := Page[Approval]{Items: []Approval{}}
	for _, q := range rows {
		page.Items = append(page.Items, Approval{RunID: q.RunID, Key: q.Key, WorkflowID: q.WorkflowID, Workflow: q.WorkflowName, Kind: string(q.Kind), Class: string(q.Class),
			StepKind: q.Step().Kind, Input: q.Input, Hash: q.Hash, Since: q.BeganAt.UTC(), Until: utc(q.ExpiresAt)})
	}
	return &listed[Approval]{Body: page}, err
}

func (r *resources) decide(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body DecisionInput
}) (*shown[RunDetail], error) {
	b := in.Body
	err := r.site.Services.Workflows.Decide(ctx, actor, in.ID, b.Key, workflow.Decision{Hash: b.Hash, Yes: b.Yes, As: b.As, Reason: b.Reason, Always: b.Always})
	if err != nil {
		return nil, err
	}
	return r.showRun(ctx, actor, &in.ByID)
}
