package runs

import (
	"context"

	"levqor/jobs/account"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/step"
	"levqor/locales"
)

// fact of what will run: a setting and its value, exactly as it will be used.
type fact struct {
	Label string
	Typed bool // the label is the setting's own name
	Text  string
	Code  bool // a number, a list, a map: as JSON
}

// Facts are all settings of the step as rendered, in the order of its kind.
func facts(ctx context.Context, kinds *step.Registry, names map[string]string, q workflow.Question) (found []fact) {
	input, _ := q.Input.(map[string]any)
	kind := q.Step().Kind
	seen := map[string]bool{}
	add := func(name string) {
		value, ok := input[name]
		if !ok || value == nil || value == "" || seen[name] {
			return
		}
		seen[name] = true
		f := fact{Label: name, Typed: true}
		if key := "step." + kind + ".field." + name + ".label"; locales.Has(ctx, key) {
			f.Label, f.Typed = locales.T(ctx, key), false
		}
		text, isText := value.(string)
		switch name := names[text]; {
		case !isText:
			f.Code = true
			f.Text, _ = pretty(value)
		case name != "":
			f.Text = name
		default:
			f.Text = text
		}
		found = append(found, f)
	}
	if spec, ok := kinds.Find(kind); ok {
		for _, field := range spec.Fields {
			add(field.Name)
		}
	}
	for _, name := range keysOf(input) {
		add(name)
	}
	return found
}

// Named are the types of the settings by which open questions name things of the
// workspace.
func (p *Run) Named() map[step.FieldType]bool {
	found := map[step.FieldType]bool{}
	for _, q := range p.questions() {
		spec, ok := p.Kinds.Find(q.Step().Kind)
		if !ok {
			continue
		}
		for _, f := range spec.Fields {
			switch f.Type {
			case step.Credential, step.Plan, step.Source, step.Workflow:
				found[f.Type] = true
			}
		}
	}
	return found
}

// reach is whom the step touches: what "always allow" would be about. "" when it
// can't be allowed for good.
func reach(kinds *step.Registry, q workflow.Question) string {
	spec, ok := kinds.Find(q.Step().Kind)
	input, isMap := q.Input.(map[string]any)
	if !ok || !isMap || spec.Reach == nil || q.Kind != step.WaitApproval {
		return ""
	}
	return spec.Reach(input)
}

// own reports whether the actor wrote a step that wants somebody else's word.
func own(actor account.Actor, q workflow.Question) bool {
	approval := q.Step().Approval
	return approval != nil && approval.NotAuthor && q.AuthorID != nil && *q.AuthorID == actor.ID
}

// shortHash shows the ends of a hash.
func shortHash(hash string) string {
	if len(hash) < 12 {
		return hash
	}
	return hash[:4] + "…" + hash[len(hash)-4:]
}

func classText(ctx context.Context, c class.Class) string {
	switch c {
	case class.B:
		return locales.T(ctx, "runs.class.b")
	case class.C:
		return locales.T(ctx, "runs.class.c")
	default:
		return locales.T(ctx, "runs.class.a")
	}
}

func reasonHint(ctx context.Context, q workflow.Question) string {
	if q.Kind == step.WaitUnknown {
		return ""
	}
	return locales.T(ctx, "runs.ask.reason_hint")
}

func (p *Run) reasonFor(key string) string {
	if p.Refused != key {
		return ""
	}
	return p.Reason
}

func (p *Run) problemAt(key, field string) string {
	if p.Refused != key {
		return ""
	}
	return p.Problems.For(field)
}

func className(ctx context.Context, c class.Class) string {
	switch c {
	case class.B:
		return locales.T(ctx, "runs.class.b_short")
	case class.C:
		return locales.T(ctx, "runs.class.c_short")
	default:
		return locales.T(ctx, "runs.class.a_short")
	}
}
