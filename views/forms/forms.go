// Package forms draws the public pages whose answers start workflows. All of their
// words but the frame's are a customer's: they are text, and nothing else.
package forms

import (
	"context"
	"strings"

	"levqor/jobs/workflow"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Page is a form, empty or with what was typed.
type Page struct {
	Sheet    layout.Sheet
	Form     workflow.Form
	Address  string
	Once     string // tells a second press of the button from a second answer
	Answers  map[string]string
	Problems parts.Problems
}

// Name of the question's input.
func Name(f workflow.FormField) string { return "answer." + f.Name }

// summary are the problems, each with its question.
func (p Page) summary(ctx context.Context) (list parts.Problems) {
	for _, problem := range p.Problems {
		for _, f := range p.Form.Fields {
			if problem.Field == Name(f) {
				problem.Text = locales.T(ctx, "forms.problem", "label", f.Label, "text", problem.Text)
			}
		}
		list = append(list, problem)
	}
	return list
}

func (p Page) input(f workflow.FormField) parts.InputProps {
	in := parts.InputProps{Name: Name(f), Label: f.Label, Value: p.Answers[f.Name], Error: p.Problems.For(Name(f)), Optional: !f.Required, Required: f.Required}
	switch f.Kind {
	case "email":
		in.Type, in.Autocomplete, in.Max = "email", "email", f.Longest()
	case "number":
		in.InputMode = "decimal"
	default:
		in.Max, in.Autocomplete = f.Longest(), "on"
	}
	return in
}

// options begin with none: nobody's answer is chosen for them.
func (p Page) options(ctx context.Context, f workflow.FormField) []parts.Option {
	options := []parts.Option{{Label: locales.T(ctx, "forms.choose")}}
	for _, choice := range f.Choices {
		options = append(options, parts.Option{Value: choice, Label: choice})
	}
	return options
}

// paragraphs of a text, as empty lines part them.
func paragraphs(text string) (list []string) {
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
