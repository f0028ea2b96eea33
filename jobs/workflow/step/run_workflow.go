package step

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
)

// MaxRunDepth is how deep workflows may start one another.
const MaxRunDepth = 5

// RunWorkflow starts another workflow, and waits for its end unless told not to.
func RunWorkflow(start StartRun) *Spec {
	return &Spec{
		Kind: "run_workflow", Group: "logic", Icon: "workflow", Mode: Inside, Class: class.B, Timeout: 30 * 24 * time.Hour,
		Fields: []Field{
			{Name: "workflow", Type: Workflow, Required: true},
			{Name: "input", Type: Value},
			{Name: "wait", Type: Bool, Default: true, Plain: true},
		},
		Output: []Output{{"run", "text"}, {"number", "number"}, {"state", "text"}, {"output", "any"}},
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
			if call.Depth+1 > MaxRunDepth {
				return nil, nil, fail.Work(nil, fail.ClassConfig, "step.run_workflow.fail.depth", "max", MaxRunDepth)
			}
			workflow, err := call.id("workflow")
			if err != nil {
				return nil, nil, err
			}
			id, number, err := start(ctx, tx, call, workflow, call.Config["input"])
			if err != nil {
				return nil, nil, err
			}
			if !call.flag("wait") {
				return map[string]any{"run": id, "number": number, "state": "started", "output": nil}, nil, nil
			}
			return nil, &Wait{Kind: WaitRun, Ref: id}, nil
		},
		Resume: childEnded,
	}
}

// childEnded makes the output of what the engine says of the run that ended.
func childEnded(_ context.Context, _ Call, answer map[string]any) (any, error) {
	switch answer["state"] {
	case "succeeded":
		return map[string]any{"run": answer["run"], "number": answer["number"], "state": answer["state"], "output": answer["output"]}, nil
	case "failed":
		return nil, fail.Work(nil, fail.ClassConfig, "step.run_workflow.fail.failed", "number", answer["number"],
			"why_key", answer["failure_key"], "why_args", answer["failure_args"])
	case "canceled":
		return nil, fail.Work(nil, fail.ClassCanceled, "step.run_workflow.fail.canceled", "number", answer["number"])
	default:
		return nil, fail.Work(nil, fail.ClassTransient, "step.run_workflow.fail.late")
	}
}
