package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"levqor/jobs/workflow/engine"
)

// TestLargeOutputs: what a run keeps ends in a failure with words, long before it
// fills a worker.
func TestLargeOutputs(t *testing.T) {
	t.Parallel()
	values := make([]string, 22)
	for i := range values {
		values[i] = fmt.Sprintf(`v%d: "${trigger.text}"`, i)
	}
	for name, c := range map[string]struct {
		items, size  int
		steps        string
		state        engine.State
		failure, row string
	}{
		"a loop that collects little": {50, 100 << 10, `[{id: e, kind: for_each, config: {items: trigger.list, collect: trigger.text}, branches: [{name: each, steps: [{id: a, kind: log, config: {message: in}}]}]}]`,
			engine.Succeeded, "", "succeeded"},
		"a loop that collects too much": {90, 100 << 10, `[{id: e, kind: for_each, config: {items: trigger.list, collect: trigger.text}, branches: [{name: each, steps: [{id: a, kind: log, config: {message: in}}]}]}]`,
			engine.Failed, "workflow.fail.output_large", "failed"},
		"and goes on": {90, 100 << 10, `[{id: e, kind: for_each, config: {items: trigger.list, collect: trigger.text, go_on: true}, branches: [{name: each, steps: [{id: a, kind: log, config: {message: in}}]}]}]`,
			engine.Succeeded, "", "succeeded"},
		"one step that leaves too much": {1, 400 << 10, `[{id: e, kind: transform, config: {values: {` + strings.Join(values, ", ") + `}}}]`,
			engine.Failed, "workflow.fail.output_large", "failed"},
		"many steps that leave too much": {90, 400 << 10, `[{id: e, kind: for_each, config: {items: trigger.list}, branches: [{name: each, steps: [{id: a, kind: transform, config: {values: {a: "${trigger.text}"}}}]}]}]`,
			engine.Failed, "workflow.fail.outputs_large", "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			run := b.start(def(t, "trigger: {kind: manual}\nsteps: "+c.steps), map[string]any{"list": slices.Repeat([]any{"x"}, c.items), "text": strings.Repeat("x", c.size)})
			b.drain()
			if got := b.see(run); got.State != c.state || got.Failure != c.failure || got.States["e"] != c.row {
				t.Errorf("%s %s, the step %s", got.State, got.Failure, got.States["e"])
			}
		})
	}
}
