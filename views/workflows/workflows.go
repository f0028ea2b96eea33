// Package workflows shows the workflows of a workspace, and the editor in which
// their steps are drawn as a flow from top to bottom.
package workflows

import (
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
	"levqor/views/layout"
	"levqor/views/parts"
)

// List is all workflows.
type List struct {
	Frame      layout.Frame
	Workflows  []workflow.Workflow
	CanManage  bool
	CanOperate bool
}

// New is the form of a new workflow.
type New struct {
	Frame    layout.Frame
	Name     string
	About    string
	Start    string // empty, yaml
	YAML     string
	Problems parts.Problems
}

// Versions is the page of what was published. Shown is compared with the one
// before it.
type Versions struct {
	Frame     layout.Frame
	Workflow  workflow.Workflow
	Versions  []workflow.Version
	Shown     int
	Changes   []Change
	CanManage bool
}

// Editor is the page on which a draft is changed. Panel says what its drawer
// shows.
type Editor struct {
	Frame      layout.Frame
	Workflow   workflow.Workflow
	Registry   *step.Registry
	Problems   []engine.Problem
	History    workflow.History
	Diff       flow.Diff
	Changes    []Change
	Panel      Panel
	Step       string // id of the chosen step
	At         Spot   // where a step is to be added
	Query      string // what kind is looked for
	Choices    Choices
	Address    string // of the webhook, for those who manage
	SigningKey string // of its calls
	Run        *workflow.RunDetail
	Trial      Trial
	Wrong      parts.Problems // of what was just sent
	Typed      flow.Op        // what was just sent and refused
	Clash      bool           // somebody else changed the same thing meanwhile
	Gone       bool           // somebody else deleted the step meanwhile
	Open       string         // the dialog to open at once
	Name       string         // as typed, with About, when it was refused
	About      string
	YAML       string
	CanManage  bool
	CanOperate bool
}

// Panel is what the drawer shows.
type Panel string

// The panels.
const (
	NoPanel       Panel = ""
	AddPanel      Panel = "add"
	SettingsPanel Panel = "settings"
	StepPanel     Panel = "step"
	TriggerPanel  Panel = "trigger"
)

// Choices are things of the workspace that a setting names, as options.
type Choices struct {
	Credentials []parts.Option
	Plans       []parts.Option
	Sources     []parts.Option
	Workflows   []parts.Option
}

// Change is one line of a difference between two definitions.
type Change struct {
	Kind flow.Change
	Icon string
	Name string // typed by a person, or the words of a kind
}

// URL is a workflow's editor, or a page below it.
func URL(id uuid.UUID, rest string) templ.SafeURL {
	return templ.SafeURL("/workflows/" + id.String() + rest)
}

func (p Editor) url(rest string) templ.SafeURL { return URL(p.Workflow.ID, rest) }

// address is the editor with another drawer; the run that is shown stays.
func (p Editor) address(pairs ...string) templ.SafeURL {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if p.Run != nil {
		query.Set("run", p.Run.ID.String())
	}
	if len(query) == 0 {
		return p.url("")
	}
	return p.url("?" + query.Encode())
}

// here is the address of what the editor shows now.
func (p Editor) here() templ.SafeURL {
	switch p.Panel {
	case AddPanel:
		return p.address("add", p.At.Text(), "q", p.Query)
	case SettingsPanel, TriggerPanel:
		return p.address("panel", string(p.Panel))
	case StepPanel:
		return p.address("step", p.Step, "test", p.Trial.id())
	default:
		return p.address()
	}
}

// chosen is the step in the drawer; nil when there is none.
func (p Editor) chosen() *flow.Step {
	if p.Panel != StepPanel {
		return nil
	}
	found, _, _ := p.Workflow.Draft.Find(p.Step)
	return found
}

// wrong counts the problems of a step.
func (p Editor) wrong(id string) (n int) {
	for _, problem := range p.Problems {
		if problem.Step == id {
			n++
		}
	}
	return n
}

// topics that the editor follows.
func (p Editor) topics() string {
	topic := string(workflow.Topic(p.Workflow.ID))
	live := parts.Live(topic)
	if p.Run != nil {
		live += ", run-" + p.Run.ID.String() + " from:#live throttle:1s"
	}
	return live
}

func since(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
