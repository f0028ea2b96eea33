package workflows

import (
	"context"

	"github.com/a-h/templ"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/locales"
	"levqor/views/parts"
)

// problemLine is what keeps the draft from being published, and where.
type problemLine struct {
	URL  templ.SafeURL
	Name string
	Text string
}

func (p Editor) problemLines(ctx context.Context) (lines []problemLine) {
	for _, problem := range p.Problems {
		line := problemLine{p.address("panel", string(TriggerPanel)), p.Workflow.Name, problemWord(ctx, problem)}
		if found, _, ok := p.Workflow.Draft.Find(problem.Step); ok {
			line.URL, line.Name = p.address("step", found.ID), stepName(ctx, found)
		}
		lines = append(lines, line)
	}
	return lines
}

func problemWord(ctx context.Context, problem engine.Problem) string {
	field := workflow.Fields([]engine.Problem{problem})[0]
	return locales.T(ctx, field.Key, locales.Pairs(field.Args)...)
}

// at is what is wrong with a field of the chosen step, as it is saved or as it was
// just sent.
func (p Editor) at(ctx context.Context, field string) string {
	if text := p.Wrong.For(field); text != "" {
		return text
	}
	id := p.Step
	if p.Panel == TriggerPanel {
		id = ""
	}
	for _, problem := range p.Problems {
		if problem.Step == id && problem.Field == field {
			return problemWord(ctx, problem)
		}
	}
	return ""
}

// unplaced are the problems of what was just sent that belong to no field of a dialog.
func (p Editor) unplaced() (found parts.Problems) {
	for _, problem := range p.Wrong {
		if problem.Field == "" {
			found = append(found, problem)
		}
	}
	return found
}
