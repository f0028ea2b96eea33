package step

import "levqor/jobs/workflow/class"

// The kinds that steer a run. The engine does them itself.
const (
	Condition = "condition"
	ForEach   = "for_each"
	Parallel  = "parallel"
	StopRun   = "stop"
	Switch    = "switch"
)

// MaxItems of a for_each.
const MaxItems = 10_000

// Steering declares them.
func Steering() []*Spec {
	return []*Spec{
		{
			Kind: Condition, Group: "logic", Icon: "split", Shape: YesNo, Class: class.A,
			Fields: []Field{{Name: "when", Type: Expression, Required: true}},
			Output: []Output{{"result", "bool"}},
		},
		{
			Kind: ForEach, Group: "logic", Icon: "repeat", Shape: Body, Class: class.A,
			Fields: []Field{
				{Name: "items", Type: Expression, Required: true},
				{Name: "at_once", Type: Number, Default: float64(1), Min: 1, Max: 20, Plain: true},
				{Name: "collect", Type: Expression},
				{Name: "go_on", Type: Bool, Default: false, Plain: true},
			},
			Output: []Output{{"count", "number"}, {"failed", "number"}, {"results", "list"}},
		},
		{
			Kind: Parallel, Group: "logic", Icon: "columns-3", Shape: Lanes, Class: class.A,
			Output: []Output{{"branches", "number"}},
		},
		{
			Kind: StopRun, Group: "logic", Icon: "octagon-x", Class: class.A,
			Fields: []Field{
				{Name: "as", Type: Choice, Choices: []string{"succeeded", "failed"}, Default: "succeeded", Plain: true},
				{Name: "message", Type: Text},
			},
			Output: []Output{{"message", "text"}},
		},
		{
			Kind: Switch, Group: "logic", Icon: "route", Shape: Cases, Class: class.A,
			Output: []Output{{"branch", "text"}},
		},
	}
}
