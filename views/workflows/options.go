package workflows

import (
	"context"
	"slices"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
	"levqor/locales"
	"levqor/views/parts"
)

// choiceOptions keep a value that is not among the choices, such as an expression.
func choiceOptions(ctx context.Context, kind string, f step.Field, value string) (options []parts.Option) {
	for _, choice := range f.Choices {
		options = append(options, parts.Option{Value: choice, Label: choiceWord(ctx, kind, f.Name, choice)})
	}
	if !slices.Contains(f.Choices, value) {
		options = append(options, parts.Option{Value: value, Label: value})
	}
	return options
}

func eventOptions(ctx context.Context) (options []parts.Option) {
	for _, event := range workflow.Events {
		options = append(options, parts.Option{Value: event, Label: eventWord(ctx, event)})
	}
	return options
}

// hint is a setting's help, or the unit that it is in.
func hint(ctx context.Context, kind string, f step.Field) string {
	help := helpWord(ctx, kind, f.Name)
	switch {
	case f.Type == step.Duration:
		return join(help, locales.T(ctx, "workflows.in_seconds"))
	case f.Type == step.List:
		return join(help, locales.T(ctx, "workflows.one_a_line"))
	case f.Type == step.LongText && !f.Plain:
		return join(help, locales.T(ctx, "workflows.use_earlier"))
	default:
		return help
	}
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

func onlyIf(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func zoneOf(t flow.Trigger, otherwise string) string {
	if zone, _ := t.Config["zone"].(string); zone != "" {
		return zone
	}
	return otherwise
}
