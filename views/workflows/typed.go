package workflows

import (
	"context"

	"levqor/jobs/workflow/flow"
	"levqor/locales"
)

// MarkOf is the mark of what the op changes, as the definition has it; "" when the
// op changes nothing that a form of the drawer says.
func MarkOf(d *flow.Definition, op flow.Op) string {
	switch op.Kind {
	case flow.Settle:
		return d.Settings.Mark()
	case flow.Start:
		return d.Trigger.Mark()
	case flow.Update:
		if found, _, ok := d.Find(op.ID); ok {
			return found.Mark()
		}
	}
	return ""
}

// step is the chosen one, as it was just typed or else as it is saved.
func (p Editor) step() *flow.Step {
	if typed := p.Typed; typed.Step != nil && (p.Gone || typed.Kind == flow.Update && typed.ID == p.Step) {
		return typed.Step
	}
	return p.chosen()
}

func (p Editor) trigger() flow.Trigger {
	if p.Typed.Trigger != nil {
		return *p.Typed.Trigger
	}
	return p.Workflow.Draft.Trigger
}

func (p Editor) settings() flow.Settings {
	if p.Typed.Settings != nil {
		return *p.Typed.Settings
	}
	return p.Workflow.Draft.Settings
}

// mark goes with the form that the drawer shows.
func (p Editor) mark() string {
	kinds := map[Panel]flow.OpKind{SettingsPanel: flow.Settle, StepPanel: flow.Update, TriggerPanel: flow.Start}
	return MarkOf(&p.Workflow.Draft, flow.Op{Kind: kinds[p.Panel], ID: p.Step})
}

// key names what the drawer shows, for as long as it is the same thing.
func (p Editor) key() string {
	switch p.Panel {
	case AddPanel:
		return "add " + p.At.Text()
	case StepPanel:
		return "step " + p.Step
	default:
		return string(p.Panel)
	}
}

// theirs are the settings that are saved otherwise than they were typed.
func (p Editor) theirs(ctx context.Context) (lines []Pair) {
	differ := func(label, saved, typed string) {
		if saved != typed {
			lines = append(lines, Pair{label, saved})
		}
	}
	switch p.Panel {
	case SettingsPanel:
		saved, typed := p.Workflow.Draft.Settings, p.settings()
		differ(locales.T(ctx, "workflows.settings.max_runs"), count(saved.MaxRuns), count(typed.MaxRuns))
		differ(locales.T(ctx, "workflows.settings.deadline"), count(saved.DeadlineMinutes), count(typed.DeadlineMinutes))
		differ(locales.T(ctx, "workflows.settings.saves"), count(saved.SavesMinutes), count(typed.SavesMinutes))
	case StepPanel:
		saved, typed := p.chosen(), p.step()
		spec, known := p.Registry.Find(saved.Kind)
		if !known {
			return nil
		}
		for _, f := range spec.Fields {
			differ(labelWord(ctx, saved.Kind, f.Name), settingText(ctx, saved, f, p.Choices), settingText(ctx, typed, f, p.Choices))
		}
		differ(locales.T(ctx, "workflows.step.name"), saved.Name, typed.Name)
	case TriggerPanel:
		differ(locales.T(ctx, "workflows.trigger.title"), triggerWord(ctx, p.Workflow.Draft.Trigger), triggerWord(ctx, p.trigger()))
	}
	return lines
}

// form is the id of the form that the drawer shows.
func (p Editor) form() string {
	if p.Panel == StepPanel {
		return "step-form"
	}
	return "panel-form"
}
