package workflows_test

import (
	"regexp"
	"slices"
	"testing"

	"levqor/jobs/workflow/flow"
)

var offered = regexp.MustCompile(`data-name="([^"]+)"`)

// many has a step in each sort of place.
const many = `
trigger: {kind: form, config: {title: Ask, fields: [{name: amount, label: Amount, kind: number}]}}
steps:
  - {id: first, kind: log, config: {message: x}}
  - id: both
    kind: parallel
    branches:
      - {name: "1", steps: [{id: left, kind: log, config: {message: x}}]}
      - {name: "2", steps: [{id: right, kind: log, config: {message: x}}]}
  - id: each
    kind: for_each
    config: {items: "[1]"}
    branches:
      - {name: each, steps: [{id: inner, kind: log, config: {message: x}}]}
  - id: tell
    kind: log
    config: {message: x}
    on_error: branch
    rescue: [{id: sorry, kind: log, config: {message: x}}]
`

func TestAStepOffersTheNamesThatItMayRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	draft, err := flow.ParseYAML([]byte(many))
	if err != nil {
		t.Fatal(err)
	}
	if d.id, err = d.h.Services.Workflows.Create(t.Context(), d.h.Actor, "Many", "", draft); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		step     string
		has, not []string
	}{
		{"first", []string{"trigger.amount", "run.id", "now"}, []string{"steps.first.message", "steps.left.message", "item"}},
		{"right", []string{"steps.first.message"}, []string{"steps.left.message"}},
		{"inner", []string{"item", "index", "steps.each.item", "steps.left.message", "steps.right.message"}, []string{"steps.each.count", "steps.inner.message"}},
		{"tell", []string{"steps.each.count"}, []string{"steps.inner.message", "item", "error.message"}},
		{"sorry", []string{"error.message", "steps.each.count"}, []string{"steps.tell.message"}},
	} {
		t.Run(c.step, func(t *testing.T) {
			var names []string
			for _, match := range offered.FindAllStringSubmatch(d.h.Owner.Get(d.path("?step="+c.step)).Body, -1) {
				names = append(names, match[1])
			}
			for _, name := range c.has {
				if !slices.Contains(names, name) {
					t.Errorf("%s is not offered in %v", name, names)
				}
			}
			for _, name := range c.not {
				if slices.Contains(names, name) {
					t.Errorf("%s is offered", name)
				}
			}
		})
	}
}
