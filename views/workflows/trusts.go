package workflows

import (
	"context"

	"levqor/jobs/workflow"
	"levqor/views/layout"
	"levqor/views/runs"
)

// Trusts is the page of what a workflow's steps may do without asking.
type Trusts struct {
	Frame      layout.Frame
	Workflow   workflow.Workflow
	Trusts     []workflow.Trust
	CanOperate bool
}

// step is its name in the draft, or its id where the draft has it no more.
func (p Trusts) step(ctx context.Context, id string) string {
	if found, _, ok := p.Workflow.Draft.Find(id); ok {
		return runs.StepName(ctx, *found)
	}
	return id
}
