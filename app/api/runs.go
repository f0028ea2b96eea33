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

// Run of a workflow.
type Run struct {
	ID         uuid.UUID    `json:"id" format:"uuid"`
	WorkflowID uuid.UUID    `json:"workflow_id" format:"uuid"`
	Workflow   string       `json:"workflow"`
	Number     int64        `json:"number"`
	Version    int          `json:"version"`
	State      engine.State `json:"state" enum:"canceled,failed,held,queued,running,succeeded,waiting"`
	Cause      string       `json:"cause"`
	CreatedAt  time.Time    `json:"created_at"`
	StartedAt  *time.Time   `json:"started_at"`
	FinishedAt *time.Time   `json:"finished_at"`
	FailedStep string       `json:"failed_step" doc:"Key of the step that failed the run."`
	Failure    string       `json:"failure" doc:"Code of what went wrong."`
}

// RunDetail is a run with what it did, and what it waits for.
type RunDetail struct {
	Run
	Input  any       `json:"input"`
	Output any       `json:"output" doc:"null until it is over."`
	Steps  []RunStep `json:"steps" doc:"The newest 500."`
	Waits  []RunWait `json:"waits"`
}

// RunStep is a step that is over.
type RunStep struct {
	Key       string    `json:"key"`
	StepID    string    `json:"step_id"`
	Kind      string    `json:"kind"`
	State     string    `json:"state" enum:"canceled,caught,failed,succeeded" doc:"canceled: it was waiting when the run was ended from outside."`
	Class     string    `json:"class" enum:"A,B,C"`
	StartedAt time.Time `json:"started_at"`
	TookUS    int64     `json:"took_us"`
	Input     any       `json:"input"`
	Output    any       `json:"output"`
	Failure   string    `json:"failure"`
	Large     bool      `json:"large" doc:"Input or output is too large for this list: GET …/steps shows them."`
}

// RunWait is something that a run waits for.
type RunWait struct {
	Key    string     `json:"key"`
	StepID string     `json:"step_id"`
	Kind   string     `json:"kind" enum:"approval,callback,delay,intent,retry,run,task,unknown"`
	Since  time.Time  `json:"since"`
	Until  *time.Time `json:"until"`
	Input  any        `json:"input"`
	Hash   string     `json:"hash" doc:"What a decision is bound to."`
}

// RunInput starts a run.
type RunInput struct {
	Input any `json:"input,omitempty" doc:"What the steps read as trigger."`
}

// ReplayInput starts a past run anew.
type ReplayInput struct {
	Input any  `json:"input,omitempty" doc:"Left out: the same as then."`
	Live  bool `json:"live,omitempty" doc:"With the live version instead of that of then."`
}

func (r *resources) runs() {
	add(r, op(http.MethodPost, "/workflows/{id}/runs", http.StatusAccepted, account.ScopeOperate, "Run the live version now"), r.startRun)
	add(r, op(http.MethodGet, "/runs", http.StatusOK, account.ScopeRead, "List runs"), r.listRuns)
	add(r, op(http.MethodGet, "/runs/{id}", http.StatusOK, account.ScopeRead, "Show a run"), r.showRun)
	add(r, op(http.MethodPost, "/runs/{id}/cancellations", http.StatusOK, account.ScopeOperate, "Cancel a run"), r.cancelRun)
	add(r, op(http.MethodPost, "/runs/{id}/decisions", http.StatusOK, account.ScopeOperate, "Decide what a run asks people"), r.decide)
	add(r, op(http.MethodPost, "/runs/{id}/replays", http.StatusAccepted, account.ScopeOperate, "Run again"), r.replayRun)
	add(r, op(http.MethodPost, "/runs/{id}/retries", http.StatusAccepted, account.ScopeOperate, "Go on from the step that failed"), r.retryRun)
	add(r, op(http.MethodGet, "/runs/{id}/steps", http.StatusOK, account.ScopeRead, "Show one step of a run, with all of its input and output"), r.showRunStep)
	add(r, op(http.MethodPost, "/runs/{id}/steps/cancellations", http.StatusOK, account.ScopeOperate, "Cancel what a step waits for; the step fails"), r.cancelStep)
	add(r, op(http.MethodGet, "/approvals", http.StatusOK, account.ScopeRead, "List what waits for a person: the oldest 200"), r.listApprovals)
}

func (r *resources) startRun(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body RunInput
}) (*started[RunDetail], error) {
	begun, err := r.site.Services.Workflows.Start(ctx, actor, in.ID, in.Body.Input)
	if err != nil {
		return nil, err
	}
	return r.begun(ctx, actor, begun.ID)
}

func (r *resources) begun(ctx context.Context, actor account.Actor, id uuid.UUID) (*started[RunDetail], error) {
	d, err := r.site.Services.Workflows.Run(ctx, actor, id)
	return &started[RunDetail]{Location: at("runs", id), Body: detailOf(d)}, err
}

func (r *resources) listRuns(ctx context.Context, actor account.Actor, in *struct {
	Paging
	WorkflowID uuid.UUID    `query:"workflow_id" format:"uuid"`
	State      engine.State `query:"state" enum:"canceled,failed,held,queued,running,succeeded,waiting"`
}) (*listed[Run], error) {
	after, err := in.mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.site.Services.Workflows.Runs(ctx, actor, workflow.RunFilter{WorkflowID: in.WorkflowID, State: in.State, Before: after.ID, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, runOf, func(run workflow.Run) mark { return mark{run.CreatedAt, run.ID} }), nil
}

func (r *resources) showRun(ctx context.Context, actor account.Actor, in *ByID) (*shown[RunDetail], error) {
	d, err := r.site.Services.Workflows.Run(ctx, actor, in.ID)
	return &shown[RunDetail]{Body: detailOf(d)}, err
}

func (r *resources) showRunStep(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Key string `query:"key" required:"true" maxLength:"500" doc:"Of the step, as in steps."`
}) (*shown[RunStep], error) {
	s, err := r.site.Services.Workflows.Step(ctx, actor, in.ID, in.Key)
	return &shown[RunStep]{Body: runStepOf(s)}, err
}

func (r *resources) cancelRun(ctx context.Context, actor account.Actor, in *ByID) (*shown[RunDetail], error) {
	if err := r.site.Services.Workflows.Cancel(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.showRun(ctx, actor, in)
}

func (r *resources) cancelStep(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body struct {
		Key string `json:"key" maxLength:"500" doc:"Of the step, as in waits."`
	}
}) (*shown[RunDetail], error) {
	if err := r.site.Services.Workflows.CancelStep(ctx, actor, in.ID, in.Body.Key); err != nil {
		return nil, err
	}
	return r.showRun(ctx, actor, &in.ByID)
}

func (r *resources) retryRun(ctx context.Context, actor account.Actor, in *ByID) (*started[RunDetail], error) {
	if err := r.site.Services.Workflows.Retry(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.begun(ctx, actor, in.ID)
}

func (r *resources) replayRun(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body ReplayInput
}) (*started[RunDetail], error) {
	input := in.Body.Input
	if input == nil {
		past, err := r.site.Services.Workflows.Run(ctx, actor, in.ID)
		if err != nil {
			return nil, err
		}
		input = past.Input
	}
	begun, err := r.site.Services.Workflows.Replay(ctx, actor, in.ID, input, in.Body.Live)
	if err != nil {
		return nil, err
	}
	return r.begun(ctx, actor, begun.ID)
}

func runOf(run workflow.Run) Run {
	return Run{ID: run.ID, WorkflowID: run.WorkflowID, Workflow: run.WorkflowName, Number: run.Number, Version: run.Version, State: run.State, Cause: run.Cause,
		CreatedAt: run.CreatedAt.UTC(), StartedAt: utc(run.StartedAt), FinishedAt: utc(run.FinishedAt), FailedStep: run.FailedStep, Failure: run.FailureKey}
}

func detailOf(d workflow.RunDetail) RunDetail {
	out := RunDetail{Run: runOf(d.Run), Input: d.Input, Output: d.Output, Steps: []RunStep{}, Waits: []RunWait{}}
	for _, s := range d.Steps {
		out.Steps = append(out.Steps, runStepOf(s))
	}
	for _, w := range d.Waits {
		out.Waits = append(out.Waits, RunWait{Key: w.Key, StepID: w.StepID, Kind: string(w.Kind), Since: w.BeganAt.UTC(), Until: utc(w.WakeAt), Input: w.Input, Hash: w.Hash})
	}
	return out
}

func runStepOf(s workflow.StepRun) RunStep {
	return RunStep{Key: s.Key, StepID: s.StepID, Kind: s.Kind, State: s.State, Class: string(s.Class), StartedAt: s.StartedAt.UTC(),
		TookUS: s.TookUS, Input: s.Input, Output: s.Output, Failure: s.FailureKey, Large: s.Large}
}
