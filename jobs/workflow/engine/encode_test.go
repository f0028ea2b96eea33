package engine_test

import (
	"testing"

	"levqor/jobs/workflow/engine"
)

// Postgres can't keep the character NUL in JSON: a run that meets one goes on
// without it, rather than being tried again for ever.
func TestNULIsLeftOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(def(t, `
trigger: {kind: manual}
steps:
  - {id: a, kind: transform, config: {values: {text: "${trigger.text}", spelt: "${trigger.spelt}", made: "${'x\\u0000y'}"}}}
  - {id: s, kind: store, config: {action: set, name: n, value: "${steps.a}"}}
  - {id: l, kind: log, config: {message: "${steps.s.value.text}${steps.a.made}"}}
`), map[string]any{"text": "a\x00b", "spelt": `\u0000`})
	b.drain()
	got := b.see(run)
	if got.State != engine.Succeeded || asJSON(got.Output["l"]) != `{"level":"info","message":"abxy"}` || asJSON(got.Output["a"]) != `{"made":"xy","spelt":"\\u0000","text":"ab"}` {
		t.Errorf("%+v", got)
	}
}
