// Package engine runs workflows. A run is advanced, not a step enqueued: one job
// reads what is finished, goes through the flow from there, and commits what it
// did, until the run is over or has to wait.
package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// Program is a compiled definition; it is safe for concurrent use.
type Program struct {
	Definition flow.Definition
	root       []*node
	nodes      map[string]*node
}

type node struct {
	step   *flow.Step
	spec   *step.Spec
	config *expr.Value           // settings that are no expressions
	exprs  map[string]*expr.Expr // settings that are
	lanes  []lane
	rescue []*node
	undo   *node // what is done before it may do harm; nil: nothing
	pure   bool  // nothing in it waits or reaches outside
}

type lane struct {
	name  string
	when  *expr.Expr
	steps []*node
}

// Problem is what is wrong with a definition, at a step's field. Step "" is the
// trigger or the whole.
type Problem struct {
	Step  string
	Field string
	Key   string
	Args  map[string]any
}

// Compiler turns definitions into programs.
type Compiler struct {
	Language *expr.Language
	Registry *step.Registry
}

// Compile checks everything that can be known before a run. The program is nil
// when there is a problem.
func (c *Compiler) Compile(d flow.Definition) (*Program, []Problem) {
	w := &compilation{Compiler: c, nodes: map[string]*node{}}
	if err := d.Bound(); err != nil {
		return nil, []Problem{problemOf("", "", err)}
	}
	d = d.Clone()
	if len(d.Steps) == 0 {
		w.add("", "steps", "workflow.fail.no_steps")
	}
	root := w.list(d.Steps, map[string]bool{}, place{})
	if len(w.problems) > 0 {
		return nil, w.problems
	}
	return &Program{Definition: d, root: root, nodes: w.nodes}, nil
}

type compilation struct {
	*Compiler
	nodes    map[string]*node
	problems []Problem
}

// place says which names make sense.
type place struct{ loop, rescue bool }

func (w *compilation) add(stepID, field, key string, pairs ...any) {
	w.problems = append(w.problems, problemOf(stepID, field, fail.New(fail.Invalid, key, pairs...)))
}

func problemOf(stepID, field string, err error) Problem {
	p := Problem{Step: stepID, Field: field, Key: "workflow.fail.unreadable"}
	if known, ok := errors.AsType[*fail.Error](err); ok {
		p.Key, p.Args = known.Key, known.Args
	}
	return p
}

// list compiles steps in order; visible grows by the ids that later ones may read.
func (w *compilation) list(steps []flow.Step, visible map[string]bool, at place) (nodes []*node) {
	for i := range steps {
		if n := w.step(&steps[i], visible, at); n != nil {
			nodes = append(nodes, n)
		}
		visible[steps[i].ID] = true
	}
	return nodes
}

func (w *compilation) step(s *flow.Step, visible map[string]bool, at place) *node {
	if !flow.ValidID(s.ID) {
		w.add(s.ID, "id", "workflow.fail.bad_id")
		return nil
	}
	if w.nodes[s.ID] != nil {
		w.add(s.ID, "id", "workflow.fail.same_id", "id", s.ID)
		return nil
	}
	spec, ok := w.Registry.Find(s.Kind)
	if !ok {
		w.nodes[s.ID] = &node{step: s}
		w.add(s.ID, "", "workflow.fail.unknown_kind", "kind", s.Kind)
		return nil
	}
	n := &node{step: s, spec: spec, exprs: map[string]*expr.Expr{}, pure: spec.Mode == step.Logic || spec.Mode == step.Pure}
	w.nodes[s.ID] = n
	if wrong := wrongBranches(spec.Shape, s.Branches); wrong != "" {
		w.add(s.ID, "branches", wrong)
		return nil
	}
	w.settings(n, visible)
	w.policy(n)
	w.undoPoint(n)
	w.branches(n, visible, at)
	if s.OnError == flow.Branches {
		n.rescue = w.list(s.Rescue, visible, place{loop: at.loop, rescue: true})
	}
	n.pure = n.pure && !slices.ContainsFunc(n.rescue, isImpure)
	return n
}

func isImpure(n *node) bool { return !n.pure }

func (w *compilation) settings(n *node, visible map[string]bool) {
	for _, p := range n.spec.CheckConfig(n.step.Config) {
		w.problems = append(w.problems, Problem{Step: n.step.ID, Field: p.Field, Key: p.Key, Args: p.Args})
	}
	plain := maps.Clone(n.step.Config)
	for _, f := range n.spec.Fields {
		source, ok := n.step.Config[f.Name].(string)
		if !ok || f.Type != step.Expression || source == "" {
			continue
		}
		delete(plain, f.Name)
		compiled, err := w.Language.Compile(source)
		if err != nil {
			w.problems = append(w.problems, problemOf(n.step.ID, f.Name, err))
			continue
		}
		n.exprs[f.Name] = compiled
		w.reads(n, f.Name, compiled, visible)
		if n.spec.Kind == step.ForEach && f.Name == "items" && compiled.Reads(expr.NameNow) {
			w.add(n.step.ID, f.Name, "workflow.fail.now_in_items")
		}
	}
	for _, f := range n.spec.Fields {
		value, ok := plain[f.Name]
		if !ok {
			continue
		}
		compiled, err := w.Language.Value(value)
		if err != nil {
			w.problems = append(w.problems, problemOf(n.step.ID, f.Name, err))
			delete(plain, f.Name)
			continue
		}
		w.reads(n, f.Name, compiled, visible)
	}
	value, err := w.Language.Value(plain)
	if err == nil {
		n.config = value
	}
}

// reads refuses ids that are not there, come later, or live inside a loop. What a
// loop collects is read inside it.
func (w *compilation) reads(n *node, field string, compiled interface{ Steps() []string }, visible map[string]bool) {
	inner := flow.Definition{}
	if n.spec.Kind == step.ForEach && field == "collect" {
		inner.Steps = n.step.Branches[0].Steps
	}
	for _, id := range compiled.Steps() {
		if _, _, inside := inner.Find(id); !visible[id] && !inside {
			w.add(n.step.ID, field, "workflow.fail.unknown_step", "id", id)
		}
	}
}

func (w *compilation) policy(n *node) {
	s := n.step
	if r := s.Retry; r != nil && (r.Max < 0 || r.Max > 20 || r.FirstSeconds < 0 || r.FirstSeconds > 86400) {
		w.add(s.ID, "retry", "workflow.fail.range", "min", "0", "max", "20")
	}
	if s.Timeout < 0 || s.Timeout > 90*86400 {
		w.add(s.ID, "timeout_seconds", "workflow.fail.range", "min", "0", "max", "7776000")
	}
	if s.OnError != flow.Stop && s.OnError != flow.Continue && s.OnError != flow.Branches {
		w.add(s.ID, "on_error", "workflow.fail.choice", "choices", "continue, branch")
	}
}

// Reads are the ids of the steps whose outputs a step reads.
func (c *Compiler) Reads(s *flow.Step) []string {
	spec, ok := c.Registry.Find(s.Kind)
	if !ok {
		return nil
	}
	ids := map[string]bool{}
	note := func(read interface{ Steps() []string }, err error) {
		if err == nil {
			for _, id := range read.Steps() {
				ids[id] = true
			}
		}
	}
	for _, f := range spec.Fields {
		if source, ok := s.Config[f.Name].(string); ok && f.Type == step.Expression {
			note(c.Language.Compile(source))
		} else if value, ok := s.Config[f.Name]; ok {
			note(c.Language.Value(value))
		}
	}
	for _, b := range s.Branches {
		if b.When != "" {
			note(c.Language.Compile(b.When))
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// undoPoint makes what backs the step's source up before it. Only what may reach
// outside, and so asks a person, has one.
func (w *compilation) undoPoint(n *node) {
	if n.step.Undo == "" {
		return
	}
	spec := w.Registry.Undo()
	if spec == nil || n.spec.Classify == nil {
		w.add(n.step.ID, "undo_point", "workflow.fail.no_undo")
		return
	}
	config := map[string]any{"source": n.step.Undo}
	for _, p := range spec.CheckConfig(config) {
		w.problems = append(w.problems, Problem{Step: n.step.ID, Field: "undo_point", Key: p.Key, Args: p.Args})
	}
	value, err := w.Language.Value(config)
	if err != nil {
		w.problems = append(w.problems, problemOf(n.step.ID, "undo_point", err))
		return
	}
	n.undo = &node{step: &flow.Step{ID: n.step.ID, Kind: spec.Kind}, spec: spec, config: value}
}

func (w *compilation) branches(n *node, visible map[string]bool, at place) {
	s := n.step
	inside := at
	inside.loop = at.loop || n.spec.Shape == step.Body
	seen := maps.Clone(visible)
	seen[s.ID] = n.spec.Shape != step.Lanes
	after := map[string]bool{}
	for i := range s.Branches {
		branch, own := &s.Branches[i], maps.Clone(seen)
		l := lane{name: branch.Name}
		if n.spec.Shape == step.Cases && branch.Name != "else" {
			compiled, err := w.Language.Compile(branch.When)
			if err != nil {
				w.problems = append(w.problems, problemOf(s.ID, "branches", err))
			} else {
				l.when = compiled
				w.reads(n, "branches", compiled, visible)
			}
		}
		l.steps = w.list(branch.Steps, own, inside)
		n.pure = n.pure && !slices.ContainsFunc(l.steps, isImpure)
		n.lanes = append(n.lanes, l)
		maps.Copy(after, own)
	}
	if n.spec.Shape != step.Body {
		maps.Copy(visible, after)
	}
}

func wrongBranches(shape step.Shape, branches []flow.Branch) string {
	names := map[string]bool{}
	for _, b := range branches {
		if b.Name == "" || names[b.Name] {
			return "workflow.fail.branch_names"
		}
		names[b.Name] = true
	}
	switch {
	case shape == step.Plain && len(branches) > 0:
		return "workflow.fail.no_branches"
	case shape == step.YesNo && (len(branches) != 2 || branches[0].Name != "yes" || branches[1].Name != "no"):
		return "workflow.fail.yes_no"
	case shape == step.Body && (len(branches) != 1 || branches[0].Name != "each"):
		return "workflow.fail.body"
	case shape == step.Lanes && (len(branches) < 2 || len(branches) > 20):
		return "workflow.fail.lanes"
	case shape == step.Cases && (len(branches) < 2 || len(branches) > 21 || branches[len(branches)-1].Name != "else"):
		return "workflow.fail.cases"
	default:
		return ""
	}
}

// render fills in a step's settings.
func (n *node) render(ctx context.Context, names map[string]any) (map[string]any, error) {
	config := map[string]any{}
	if n.config != nil {
		value, err := n.config.Eval(ctx, names)
		if err != nil {
			return nil, err
		}
		config, _ = value.(map[string]any)
	}
	for name, compiled := range n.exprs {
		if n.spec.Mode == step.Logic {
			continue // evaluated where they steer
		}
		value, err := compiled.Eval(ctx, names)
		if err != nil {
			return nil, err
		}
		config[name] = value
	}
	config = n.spec.WithDefaults(config)
	if err := n.spec.Texts(config); err != nil {
		return nil, err
	}
	if problems := n.spec.CheckRendered(config); len(problems) > 0 {
		p := problems[0]
		return nil, &fail.Error{Kind: fail.Invalid, Class: fail.ClassConfig, Key: "workflow.fail.rendered",
			Args: map[string]any{"field": p.Field, "why_key": p.Key, "why_args": p.Args}}
	}
	return config, nil
}

func (n *node) timeout() time.Duration {
	if n.step.Timeout > 0 {
		return time.Duration(n.step.Timeout) * time.Second
	}
	return n.spec.Timeout
}

// tries is how often the step may be tried, and how long to wait before the second.
func (n *node) tries() (most int, first time.Duration) {
	if n.step.Once {
		return 1, 0
	}
	if r := n.step.Retry; r != nil {
		return r.Max + 1, max(time.Second, time.Duration(r.FirstSeconds)*time.Second)
	}
	return n.spec.Tries, max(time.Second, n.spec.First)
}
