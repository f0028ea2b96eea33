package engine

import (
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// Reread makes the steps of a copy read one another where those of the original
// do. What they read outside it stays.
func (c *Compiler) Reread(d *flow.Definition, original, twin string) {
	from, _, found := d.Find(original)
	to, _, copied := d.Find(twin)
	if !found || !copied {
		return
	}
	var before, after []*flow.Step
	for s := range from.Each() {
		before = append(before, s)
	}
	for s := range to.Each() {
		after = append(after, s)
	}
	ids := map[string]string{}
	for i, s := range before {
		ids[s.ID] = after[i].ID
	}
	for _, s := range after {
		c.reread(s, ids)
	}
}

func (c *Compiler) reread(s *flow.Step, ids map[string]string) {
	for i := range s.Branches {
		s.Branches[i].When = c.Language.Rename(s.Branches[i].When, ids)
	}
	spec, ok := c.Registry.Find(s.Kind)
	if !ok {
		return
	}
	for _, f := range spec.Fields {
		value, set := s.Config[f.Name]
		if !set {
			continue
		}
		if source, ok := value.(string); ok && f.Type == step.Expression {
			s.Config[f.Name] = c.Language.Rename(source, ids)
		} else {
			s.Config[f.Name] = c.Language.RenameValue(value, ids)
		}
	}
}
