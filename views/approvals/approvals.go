// Package approvals lists what workflows ask people.
package approvals

import (
	"context"

	"github.com/a-h/templ"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/step"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	"levqor/views/runs"
)

// Page is the list, the oldest question first.
type Page struct {
	Frame layout.Frame
	Open  []workflow.Question
}

func kind(ctx context.Context, q workflow.Question) templ.Component {
	if q.Kind == step.WaitUnknown {
		return parts.BadgeOf(parts.Bad, "circle-question-mark", locales.T(ctx, "approvals.unknown"))
	}
	return parts.BadgeOf(parts.Warn, "stamp", locales.T(ctx, "approvals.approval"))
}

// to is the question's run, at its step.
func to(q workflow.Question) templ.SafeURL { return runs.StepURL(q.RunID, q.Key) }

func columns(ctx context.Context) []parts.Column {
	return []parts.Column{
		{Label: locales.T(ctx, "approvals.col.kind")}, {Label: locales.T(ctx, "approvals.col.what")}, {Label: locales.T(ctx, "approvals.col.workflow")},
		{Label: locales.T(ctx, "approvals.col.asked")}, {Label: locales.T(ctx, "approvals.col.expires")},
	}
}
