package engine

import (
	"context"
	"time"

	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/step"
)

// doubt asks a person whether a step was done already, in a run that came back
// with an older database: of every step that leaves anything behind, until
// somebody says of one that it was not.
func (a *advance) doubt(ctx context.Context, t *task) result {
	if !a.run.Doubted || t.n.spec.Class == class.A {
		return result{}
	}
	if t.n.spec.Classify != nil {
		danger, err := t.n.spec.Classify(ctx, a.call(t))
		if err != nil {
			return a.interrupted(ctx, err)
		}
		if danger == class.A {
			return result{}
		}
		t.row.Class = danger
	}
	return a.open(ctx, t, wait{Kind: step.WaitUnknown, Until: a.clock.Now().Add(7 * 24 * time.Hour)})
}
