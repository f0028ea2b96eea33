package plans

import (
	"context"

	"github.com/a-h/templ"

	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/parts"
)

// Place on the way from a new source to its first backup.
type Place int

const (
	AtSource Place = iota
	AtTest
	AtPlan
)

// Way is the stepper of a new source; s is nil while there is none. Its forms are
// links for those who manage sources.
func Way(ctx context.Context, here Place, s *source.Source, manage bool) templ.Component {
	steps := []parts.Step{
		{Label: locales.T(ctx, "plans.way.source"), State: parts.StepNow, Here: here == AtSource},
		{Label: locales.T(ctx, "plans.way.test"), State: parts.StepTodo, Here: here == AtTest},
		{Label: locales.T(ctx, "plans.way.plan"), State: parts.StepTodo, Here: here == AtPlan, Note: locales.T(ctx, "plans.way.after_test")},
		{Label: locales.T(ctx, "plans.way.backup"), State: parts.StepTodo, Note: locales.T(ctx, "plans.way.by_itself")},
	}
	if s == nil {
		return parts.Stepper(steps)
	}
	steps[0].State, steps[0].Note = parts.StepDone, s.Name
	if s.Test != nil {
		steps[1].URL = templ.SafeURL("/source-tests/" + s.Test.ID.String())
		steps[1].State, steps[1].Note = testState(ctx, *s.Test)
	}
	if s.TestedAt != nil {
		steps[2].State, steps[2].Note = parts.StepNow, ""
	}
	if manage {
		steps[0].URL = sourceURL(s.ID) + "/settings"
	}
	if manage && s.TestedAt != nil {
		steps[2].URL = sourceURL(s.ID) + "/plans/new"
	}
	return parts.Stepper(steps)
}

func testState(ctx context.Context, t source.Test) (parts.StepState, string) {
	switch t.State {
	case task.Succeeded:
		return parts.StepDone, locales.T(ctx, "plans.way.in_order")
	case task.Failed:
		return parts.StepFailed, locales.T(ctx, "plans.way.mend")
	case task.Canceled:
		return parts.StepTodo, locales.T(ctx, "plans.way.canceled")
	default:
		return parts.StepNow, locales.T(ctx, "plans.way.running")
	}
}
