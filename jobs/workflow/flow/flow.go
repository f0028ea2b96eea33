// Package flow is a workflow as people write it: a trigger, steps in order,
// branches as nested lists. It knows how to read, check the shape of, edit and
// compare definitions; what the steps do is not its business.
package flow

import (
	"encoding/json"
	"iter"
	"regexp"

	"levqor/jobs/fail"
)

// Bounds of a definition.
const (
	MaxSteps = 200
	MaxDepth = 8
	MaxBytes = 256 << 10 // of JSON

	mostNested = 100 // lists and maps within one another, settings included
)

// Definition is what is drafted, published and run.
type Definition struct {
	Trigger  Trigger  `json:"trigger" yaml:"trigger"`
	Steps    []Step   `json:"steps" yaml:"steps"`
	Settings Settings `json:"settings,omitzero" yaml:"settings,omitempty"`
}

// Trigger says what starts a run.
type Trigger struct {
	Kind   string         `json:"kind" yaml:"kind"`
	Config map[string]any `json:"config,omitempty" yaml:"config,omitempty"`
}

// Settings of all runs of a workflow; zero means the standard.
type Settings struct {
	MaxRuns         int `json:"max_runs,omitempty" yaml:"max_runs,omitempty"`                 // at once; 0: as many as the workspace may
	DeadlineMinutes int `json:"deadline_minutes,omitempty" yaml:"deadline_minutes,omitempty"` // from the start; 0: 30 days
	SavesMinutes    int `json:"saves_minutes,omitempty" yaml:"saves_minutes,omitempty"`       // of a person's time, as people say
}

// Step is one card of the flow. Its ID is unique in the definition: later steps
// read its output as steps.<id>.
type Step struct {
	ID       string         `json:"id" yaml:"id"`
	Kind     string         `json:"kind" yaml:"kind"`
	Name     string         `json:"name,omitempty" yaml:"name,omitempty"`
	Config   map[string]any `json:"config,omitempty" yaml:"config,omitempty"`
	Branches []Branch       `json:"branches,omitempty" yaml:"branches,omitempty"`
	OnError  OnError        `json:"on_error,omitempty" yaml:"on_error,omitempty"`
	Rescue   []Step         `json:"rescue,omitempty" yaml:"rescue,omitempty"` // the error branch
	Retry    *Retry         `json:"retry,omitempty" yaml:"retry,omitempty"`   // nil: the kind's standard
	Timeout  int            `json:"timeout_seconds,omitempty" yaml:"timeout_seconds,omitempty"`
	Once     bool           `json:"never_repeat,omitempty" yaml:"never_repeat,omitempty"`
	Undo     string         `json:"undo_point,omitempty" yaml:"undo_point,omitempty"` // a source that is backed up first, its copy held
	Approval *Approval      `json:"approval,omitempty" yaml:"approval,omitempty"`
	Pin      any            `json:"pin,omitempty" yaml:"pin,omitempty"` // stands for its output in test runs
}

// Branch is a list of steps that a step chooses, repeats or runs beside others.
type Branch struct {
	Name  string `json:"name" yaml:"name"`
	When  string `json:"when,omitempty" yaml:"when,omitempty"` // an expression; of a switch's cases
	Steps []Step `json:"steps" yaml:"steps"`
}

// OnError says what a failed step does to its run.
type OnError string

const (
	Stop     OnError = ""         // the run fails
	Continue OnError = "continue" // the run goes on; steps.<id>.error says what went wrong
	Branches OnError = "branch"   // the error branch runs, then the run goes on
)

// Retry of a failed try. Waits double from FirstSeconds, with jitter.
type Retry struct {
	Max          int `json:"max" yaml:"max"`
	FirstSeconds int `json:"first_seconds,omitempty" yaml:"first_seconds,omitempty"`
}

// Approval of a step that waits for a person.
type Approval struct {
	ExpiresMinutes int  `json:"expires_minutes,omitempty" yaml:"expires_minutes,omitempty"` // 0: a day
	NotAuthor      bool `json:"not_author,omitempty" yaml:"not_author,omitempty"`
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// ValidID reports whether text can be a step's id.
func ValidID(text string) bool { return idPattern.MatchString(text) }

// Lists are the step lists inside a step, in the order in which they are drawn.
func (s *Step) Lists() iter.Seq2[Lane, *[]Step] {
	return func(yield func(Lane, *[]Step) bool) {
		for i := range s.Branches {
			if !yield(Lane{Step: s.ID, Branch: i}, &s.Branches[i].Steps) {
				return
			}
		}
		if s.OnError == Branches {
			yield(Lane{Step: s.ID, Rescue: true}, &s.Rescue)
		}
	}
}

// All steps, each before those inside it, with the lane that it is in and its depth from 0.
func (d *Definition) All() iter.Seq2[Place, *Step] {
	return func(yield func(Place, *Step) bool) { walk(Lane{}, d.Steps, 0, yield) }
}

func walk(lane Lane, steps []Step, depth int, yield func(Place, *Step) bool) bool {
	for i := range steps {
		if !yield(Place{Lane: lane, Index: i, Depth: depth}, &steps[i]) {
			return false
		}
		for inner, list := range steps[i].Lists() {
			if !walk(inner, *list, depth+1, yield) {
				return false
			}
		}
	}
	return true
}

// Lane names a list of steps: the zero Lane is the flow itself.
type Lane struct {
	Step   string `json:"step,omitempty"`
	Branch int    `json:"branch,omitempty"`
	Rescue bool   `json:"rescue,omitempty"`
}

// Place is where a step stands.
type Place struct {
	Lane  Lane
	Index int
	Depth int
}

// Find is the step with that id, and where it stands.
func (d *Definition) Find(id string) (*Step, Place, bool) {
	for place, step := range d.All() {
		if step.ID == id {
			return step, place, true
		}
	}
	return nil, Place{}, false
}

// List is the lane's list of steps; nil when there is no such lane.
func (d *Definition) List(lane Lane) *[]Step {
	if lane.Step == "" {
		return &d.Steps
	}
	step, _, ok := d.Find(lane.Step)
	switch {
	case !ok:
		return nil
	case lane.Rescue:
		if step.OnError != Branches {
			return nil
		}
		return &step.Rescue
	case lane.Branch < 0 || lane.Branch >= len(step.Branches):
		return nil
	}
	return &step.Branches[lane.Branch].Steps
}

// Clone shares nothing with d.
func (d *Definition) Clone() Definition {
	text, err := json.Marshal(d)
	if err != nil {
		panic("a definition that was read from JSON can't be written: " + err.Error())
	}
	var copied Definition
	if err := json.Unmarshal(text, &copied); err != nil {
		panic("a definition can't be read again: " + err.Error())
	}
	return copied
}

// Bound refuses what is too large to be run or shown, or can't be kept: workflow.fail.….
func (d *Definition) Bound() error {
	text, err := json.Marshal(d)
	if err != nil || HasZero(text) {
		return fail.Wrap(err, fail.Invalid, "workflow.fail.unreadable")
	}
	if len(text) > MaxBytes {
		return tooLarge()
	}
	if nested(text) > mostNested {
		return fail.New(fail.Invalid, "workflow.fail.nested")
	}
	count := 0
	for place := range d.All() {
		if place.Depth >= MaxDepth {
			return fail.New(fail.Invalid, "workflow.fail.too_deep", "max", MaxDepth)
		}
		if count++; count > MaxSteps {
			return fail.New(fail.Invalid, "workflow.fail.too_many_steps", "max", MaxSteps)
		}
	}
	return nil
}

func tooLarge() error { return fail.New(fail.TooLarge, "workflow.fail.too_large", "max", MaxBytes>>10) }
