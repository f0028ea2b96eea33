package runs

import (
	"context"

	"levqor/jobs/workflow"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Again is the form that runs once more, with the same input or another.
type Again struct {
	Frame    layout.Frame
	Run      workflow.Run
	Live     int // the live version's number; 0: none
	Input    string
	OnLive   bool
	Problems parts.Problems
}

// InputText is an input as people edit it.
func InputText(value any) string {
	text, _ := pretty(value)
	return text
}

func (p Again) crumbs(ctx context.Context) []parts.Crumb {
	return []parts.Crumb{
		{Label: locales.T(ctx, "app.nav.runs"), URL: "/runs"}, {Label: locales.Plain(p.Run.Number), URL: URL(p.Run.ID)},
		{Label: locales.T(ctx, "runs.again.do")},
	}
}
