package workflows

import (
	"encoding/json"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
)

// Trial is a test of the chosen step, in the drawer.
type Trial struct {
	Typed string // the data for the next test, as JSON
	Kept  bool   // it is what a person typed
	Run   *workflow.RunDetail
}

// Done is the step's own part of the test; nil while it has none.
func (t Trial) Done(step string) *workflow.StepRun {
	if t.Run == nil {
		return nil
	}
	for i := len(t.Run.Steps) - 1; i >= 0; i-- {
		if t.Run.Steps[i].StepID == step {
			return &t.Run.Steps[i]
		}
	}
	return nil
}

// id of the test, for an address.
func (t Trial) id() string {
	if t.Run == nil {
		return ""
	}
	return t.Run.ID.String()
}

// topic that the drawer follows while the test is under way.
func (t Trial) topic() string { return string(engine.Topic(t.Run.ID)) }

func jsonText(value any) string {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}

// typedFor is what was typed into a dialog that is shown again.
func (p Editor) typedFor(dialog string) string { return onlyIf(p.Open == dialog, p.Trial.Typed) }
