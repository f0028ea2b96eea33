package workflows_test

import (
	"testing"

	"levqor/app/apptest"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	id := h.Publish("Half", `
trigger: {kind: manual}
settings: {saves_minutes: 15}
steps:
  - {id: say, kind: log, name: Slow or not, config: {message: x}}
  - id: well
    kind: condition
    name: Slow or not
    config: {when: trigger.well}
    branches: [{name: "yes", steps: []}, {name: "no", steps: [{id: end, kind: stop, name: Slow or not, config: {as: failed, message: enough}}]}]`)
	at := "/workflows/" + id.String() + "/figures"
	has(t, h.Owner.Get(at), 200, "No run ended in these days", "30 days")
	for _, well := range []bool{true, true, false} {
		h.Run(id, map[string]any{"well": well})
	}
	if err := h.Services.Workflows.SweepHours(t.Context()); err != nil {
		t.Fatal(err)
	}
	has(t, h.Owner.Get(at), 200, "66", "30 m", "15 minutes a run", "1 run", "Slow or not", "The workflow stopped itself: …")
	has(t, h.Owner.Get(at+"?days=7"), 200, `days=7" aria-current="true"`)
	has(t, h.Owner.Get(at+"?days=nine"), 200, `days=30" aria-current="true"`)
	has(t, h.Stranger.Get(at), 404)
}
