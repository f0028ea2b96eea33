package flow

import (
	"fmt"
	"iter"
	"slices"

	"levqor/jobs/fail"
)

// OpKind is one of the edits that the editor makes.
type OpKind string

const (
	Delete    OpKind = "delete"
	Duplicate OpKind = "duplicate"
	Insert    OpKind = "insert"
	Move      OpKind = "move"
	Replace   OpKind = "replace" // the whole definition: an import, a restored version
	Settle    OpKind = "settings"
	Start     OpKind = "trigger"
	Update    OpKind = "update"
	Wrap      OpKind = "wrap" // into a new step that has branches
)

// Op is one edit of a draft. Which fields count follows from its kind.
type Op struct {
	Kind       OpKind      `json:"op"`
	ID         string      `json:"id,omitempty"`         // delete, duplicate, move, update, wrap
	To         Lane        `json:"to,omitzero"`          // insert, move
	Index      int         `json:"index,omitempty"`      // insert, move
	Step       *Step       `json:"step,omitempty"`       // insert, update, wrap
	Trigger    *Trigger    `json:"trigger,omitempty"`    // trigger
	Settings   *Settings   `json:"settings,omitempty"`   // settings
	Definition *Definition `json:"definition,omitempty"` // replace
}

// Keeps reports whether the op carries what a person typed.
func (op Op) Keeps() bool {
	return op.Step != nil && op.Kind == Update || op.Trigger != nil || op.Settings != nil
}

// Apply edits d in place; on an error d is unusable. It returns the id of the
// step to look at afterwards.
func (d *Definition) Apply(op Op) (id string, err error) {
	switch op.Kind {
	case Delete:
		return d.delete(op)
	case Duplicate:
		return d.duplicate(op)
	case Insert:
		return d.insert(op)
	case Move:
		return d.move(op)
	case Replace:
		if op.Definition == nil {
			return "", badOp(op)
		}
		*d = op.Definition.Clone()
		if err := d.distinct(); err != nil {
			return "", err
		}
	case Settle:
		if op.Settings == nil {
			return "", badOp(op)
		}
		d.Settings = *op.Settings
	case Start:
		if op.Trigger == nil {
			return "", badOp(op)
		}
		d.Trigger = *op.Trigger
	case Update:
		return d.update(op)
	case Wrap:
		return d.wrap(op)
	default:
		return "", badOp(op)
	}
	return "", d.Bound()
}

func badOp(op Op) error { return fail.New(fail.Invalid, "workflow.fail.bad_op", "op", string(op.Kind)) }

func noStep(id string) error { return fail.New(fail.NotFound, "workflow.fail.no_step", "id", id) }

func (d *Definition) insert(op Op) (string, error) {
	list := d.List(op.To)
	if op.Step == nil || list == nil {
		return "", badOp(op)
	}
	step := *op.Step
	d.rename(&step)
	*list = slices.Insert(*list, min(max(0, op.Index), len(*list)), step)
	return step.ID, d.Bound()
}

func (d *Definition) delete(op Op) (string, error) {
	_, place, ok := d.Find(op.ID)
	if !ok {
		return "", noStep(op.ID)
	}
	list := d.List(place.Lane)
	*list = slices.Delete(*list, place.Index, place.Index+1)
	switch {
	case place.Index < len(*list):
		return (*list)[place.Index].ID, nil
	case place.Index > 0:
		return (*list)[place.Index-1].ID, nil
	default:
		return place.Lane.Step, nil
	}
}

func (d *Definition) duplicate(op Op) (string, error) {
	step, place, ok := d.Find(op.ID)
	if !ok {
		return "", noStep(op.ID)
	}
	held := Definition{Steps: []Step{*step}}
	twin := held.Clone().Steps[0]
	d.rename(&twin)
	list := d.List(place.Lane)
	*list = slices.Insert(*list, place.Index+1, twin)
	return twin.ID, d.Bound()
}

func (d *Definition) move(op Op) (string, error) {
	found, place, ok := d.Find(op.ID)
	if !ok {
		return "", noStep(op.ID)
	}
	step := *found
	within := Definition{Steps: []Step{step}}
	if op.To.Step != "" {
		if _, _, inside := within.Find(op.To.Step); inside {
			return "", fail.New(fail.Invalid, "workflow.fail.into_itself")
		}
	}
	index := op.Index
	if op.To == place.Lane && index > place.Index {
		index-- // positions are those that the person sees
	}
	from := d.List(place.Lane)
	*from = slices.Delete(*from, place.Index, place.Index+1)
	to := d.List(op.To)
	if to == nil {
		return "", badOp(op)
	}
	*to = slices.Insert(*to, min(max(0, index), len(*to)), step)
	return step.ID, d.Bound()
}

// update replaces what the step itself says; what is inside it stays, except
// that a switch's cases follow by name.
func (d *Definition) update(op Op) (string, error) {
	found, _, ok := d.Find(op.ID)
	if !ok || op.Step == nil {
		return "", noStep(op.ID)
	}
	next := *op.Step
	if next.ID == "" {
		next.ID = found.ID
	}
	if next.ID != found.ID {
		if _, _, taken := d.Find(next.ID); taken || !ValidID(next.ID) {
			return "", &fail.Error{Kind: fail.Invalid, Key: "workflow.fail.bad_id", Fields: []fail.Field{{Name: "id", Key: "workflow.fail.bad_id"}}}
		}
	}
	if len(next.Branches) == 0 { // an empty list is not kept in the log of edits
		next.Branches = found.Branches
	}
	for i := range next.Branches {
		if next.Branches[i].Steps != nil {
			continue
		}
		for _, before := range found.Branches {
			if before.Name == next.Branches[i].Name {
				next.Branches[i].Steps = before.Steps
			}
		}
		if next.Branches[i].Steps == nil {
			next.Branches[i].Steps = []Step{}
		}
	}
	if len(next.Rescue) == 0 {
		next.Rescue = found.Rescue
	}
	*found = next
	if err := d.distinct(); err != nil {
		return "", err
	}
	return next.ID, d.Bound()
}

func (d *Definition) wrap(op Op) (string, error) {
	found, place, ok := d.Find(op.ID)
	if !ok || op.Step == nil || len(op.Step.Branches) == 0 {
		return "", noStep(op.ID)
	}
	outer := *op.Step
	d.rename(&outer)
	outer.Branches = slices.Clone(outer.Branches)
	outer.Branches[0].Steps = []Step{*found}
	(*d.List(place.Lane))[place.Index] = outer
	return outer.ID, d.Bound()
}

// rename gives the step, and those inside it, ids that d does not have yet.
func (d *Definition) rename(step *Step) {
	taken := map[string]bool{}
	for s := range each(d.Steps) {
		taken[s.ID] = true
	}
	held := Definition{Steps: []Step{*step}}
	held = held.Clone()
	for s := range each(held.Steps) {
		s.ID = free(taken, s.ID, s.Kind)
		taken[s.ID] = true
	}
	*step = held.Steps[0]
}

// distinct refuses a second step with the same id.
func (d *Definition) distinct() error {
	seen := map[string]bool{}
	for s := range each(d.Steps) {
		if seen[s.ID] {
			return &fail.Error{Kind: fail.Invalid, Key: "workflow.fail.same_id", Args: map[string]any{"id": s.ID},
				Fields: []fail.Field{{Name: "id", Key: "workflow.fail.same_id", Args: map[string]any{"id": s.ID}}}}
		}
		seen[s.ID] = true
	}
	return nil
}

// Each is the step and those inside it, in one order for a step and its copy.
// Error branches that are switched off are included.
func (s *Step) Each() iter.Seq[*Step] {
	return func(yield func(*Step) bool) {
		if !yield(s) || !eachOf(s.Rescue, yield) {
			return
		}
		for _, branch := range s.Branches {
			if !eachOf(branch.Steps, yield) {
				return
			}
		}
	}
}

// each step with those inside it, error branches that are switched off included:
// they come back as they were.
func each(steps []Step) iter.Seq[*Step] {
	return func(yield func(*Step) bool) { eachOf(steps, yield) }
}

func eachOf(steps []Step, yield func(*Step) bool) bool {
	for i := range steps {
		for s := range steps[i].Each() {
			if !yield(s) {
				return false
			}
		}
	}
	return true
}

func free(taken map[string]bool, wanted, kind string) string {
	if !ValidID(wanted) {
		wanted = kind
	}
	if !ValidID(wanted) {
		wanted = "step"
	}
	id := wanted
	for n := 2; taken[id]; n++ {
		id = fmt.Sprintf("%.36s_%d", wanted, n)
	}
	return id
}
