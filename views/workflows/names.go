package workflows

import (
	"slices"

	"github.com/a-h/templ"

	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// scope is what the expressions of a step may read.
type scope struct {
	steps  []*flow.Step
	loops  []*flow.Step // around it
	rescue bool
}

// Usable is a name for an expression, and what it stands for.
type Usable struct{ Name, Type string }

// usable are the names that make sense at the chosen step, nearest first.
func (p Editor) usable() (names []Usable) {
	at, ok := p.reach(p.Workflow.Draft.Steps, scope{})
	if !ok {
		return nil
	}
	if len(at.loops) > 0 {
		names = append(names, Usable{expr.NameItem, "any"}, Usable{expr.NameIndex, "number"})
	}
	for _, s := range at.loops {
		name := expr.NameSteps + "." + s.ID + "."
		names = append(names, Usable{name + expr.NameItem, "any"}, Usable{name + expr.NameIndex, "number"})
	}
	if at.rescue {
		names = append(names, Usable{expr.NameError + ".message", "text"}, Usable{expr.NameError + ".step", "text"}, Usable{expr.NameError + ".key", "text"})
	}
	for _, s := range slices.Backward(at.steps) {
		if spec, known := p.Registry.Find(s.Kind); known {
			names = append(names, outputsOf(expr.NameSteps+"."+s.ID, spec)...)
		}
	}
	return append(append(names, p.started()...),
		Usable{expr.NameRun + ".id", "text"}, Usable{expr.NameRun + ".number", "number"}, Usable{expr.NameRun + ".started_at", "time"},
		Usable{expr.NameRun + ".workflow", "text"}, Usable{expr.NameNow, "time"})
}

// started is what the trigger says; of a form, what it asks.
func (p Editor) started() (names []Usable) {
	t := p.Workflow.Draft.Trigger
	rows, _ := t.Config["fields"].([]any)
	for _, row := range rows {
		if field, ok := row.(map[string]any); ok && plainText(field["name"]) != "" {
			names = append(names, Usable{expr.NameTrigger + "." + plainText(field["name"]), "any"})
		}
	}
	if spec, known := step.FindTrigger(t.Kind); known && len(names) == 0 {
		return outputsOf(expr.NameTrigger, spec)
	}
	return names
}

func outputsOf(name string, spec *step.Spec) (names []Usable) {
	for _, o := range spec.Output {
		if o.Name == "…" {
			names = append(names, Usable{name, o.Type})
			continue
		}
		names = append(names, Usable{name + "." + o.Name, o.Type})
	}
	return names
}

// reach walks to the chosen step as a run does: what a loop's steps gave is gone
// behind it, and branches side by side don't see each other.
func (p Editor) reach(list []flow.Step, at scope) (found scope, ok bool) {
	for i := range list {
		s := &list[i]
		if s.ID == p.Step {
			return at, true
		}
		spec, known := p.Registry.Find(s.Kind)
		if !known {
			spec = &step.Spec{}
		}
		inside := scope{slices.Clone(at.steps), slices.Clone(at.loops), at.rescue}
		switch spec.Shape {
		case step.Body:
			inside.loops = append(inside.loops, s)
		case step.Lanes:
		default:
			inside.steps = append(inside.steps, s)
		}
		var after []*flow.Step
		for j := range s.Branches {
			if found, ok := p.reach(s.Branches[j].Steps, inside); ok {
				return found, true
			}
			if spec.Shape != step.Body {
				after = append(after, within(s.Branches[j].Steps)...)
			}
		}
		at.steps = append(slices.Clone(at.steps), after...)
		if found, ok := p.reach(s.Rescue, scope{at.steps, at.loops, true}); ok {
			return found, true
		}
		at.steps = append(append(slices.Clone(at.steps), within(s.Rescue)...), s)
	}
	return scope{}, false
}

func within(list []flow.Step) (steps []*flow.Step) {
	d := flow.Definition{Steps: list}
	for _, s := range d.All() {
		steps = append(steps, s)
	}
	return steps
}

// offers says how the field of a setting offers names: anywhere in an expression,
// behind "${" in what else takes one. Prose goes the way that it is written.
func offers(f step.Field) templ.Attributes {
	switch {
	case f.Plain:
		return nil
	case f.Type == step.Expression:
		return templ.Attributes{"data-names": "expression", "aria-autocomplete": "list"}
	case f.Type == step.List, f.Type == step.LongText, f.Type == step.Snapshot, f.Type == step.Text:
		return templ.Attributes{"data-names": "text", "aria-autocomplete": "list", "dir": "auto"}
	default:
		return templ.Attributes{"data-names": "text", "aria-autocomplete": "list"}
	}
}
