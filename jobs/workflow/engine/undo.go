package engine

import (
	"context"

	"levqor/jobs/workflow/class"
)

const noUndoPoint = "workflow.fail.no_undo_point"

// UndoKey is the key of what a step's undo point left.
func UndoKey(key string) string { return key + "~undo" }

// undoPoint takes the step's undo point, once it is allowed to run and before it
// does. Without one the step is not done.
func (a *advance) undoPoint(ctx context.Context, t *task) result {
	if t.n.undo == nil || t.row.Class != class.C {
		return result{}
	}
	r, over := a.finished(UndoKey(t.row.Key))
	out := result{}
	switch {
	case !over:
		out = a.work(ctx, t.n.undo, vars{steps: map[string]any{}}, UndoKey(t.row.Key))
	case r.State == rowFailed:
		out = result{failed, r.Failure}
	}
	if out.status != failed {
		return out
	}
	why := out.failure
	return a.failing(ctx, t.n, t.v, a.stop(t.row), &Failure{Step: t.row.Key, Class: why.Class, Key: noUndoPoint,
		Args: map[string]any{"why_key": why.Key, "why_args": why.Args}})
}
