package flow_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/flow"
)

func TestWhatIsNoWorkflow(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1_000)
	for _, c := range []struct{ text, want string }{
		{"", "workflow.fail.yaml map[]"},
		{"trigger: {kind: manual}\nsteps:\n  - {id: a\n  kind: log}\n", "workflow.fail.yaml_line map[line:2]"},
		{"a: 1\n---\nb: 2", "workflow.fail.yaml map[]"},
		{"a: &a 1\nb: *a", "workflow.fail.yaml map[]"},
		{"just words", "workflow.fail.unreadable map[]"},
		{"steps: {}", "workflow.fail.wrong_type map[field:steps]"},
		{"steps: [{id: 7}]", "workflow.fail.wrong_type map[field:steps.id]"},
		{"stepps: []", "workflow.fail.unknown_field map[field:stepps]"},
		{"steps: [{id: a, kind: log, colour: red}]", "workflow.fail.unknown_field map[field:colour]"},
		{`{"` + long + `": 1}`, "workflow.fail.unknown_field map[field:" + long[:60] + "…]"},
	} {
		_, err := flow.ParseYAML([]byte(c.text))
		why, ok := errors.AsType[*fail.Error](err)
		if !ok || why.Kind != fail.Invalid || fmt.Sprintf("%s %v", why.Key, why.Args) != c.want {
			t.Errorf("%.40q: %v, want %s", c.text, err, c.want)
		}
	}
}
