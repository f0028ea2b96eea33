package expr_test

import (
	"reflect"
	"testing"

	"levqor/jobs/workflow/expr"
)

func TestRename(t *testing.T) {
	t.Parallel()
	language, err := expr.New()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{"a": "a_2", "b": "b_2", "a_2": "never"}
	for source, wanted := range map[string]string{
		`steps.a.total + steps.b.total`:         `steps.a_2.total + steps.b_2.total`,
		`steps["a"].x + steps[ 'b' ].x`:         `steps["a_2"].x + steps[ 'b_2' ].x`,
		`steps.?a.x.orValue(steps[?"b"])`:       `steps.?a_2.x.orValue(steps[?"b_2"])`,
		`has(steps.a) && has(steps.b.x)`:        `has(steps.a_2) && has(steps.b_2.x)`,
		`"é steps.a ${steps.a}" + steps.a.text`: `"é steps.a ${steps.a}" + steps.a_2.text`,
		`trigger.steps.a + trigger.a + item.b`:  `trigger.steps.a + trigger.a + item.b`,
		`steps.ab.a + steps.c.b`:                `steps.ab.a + steps.c.b`,
		`{"a": steps.a, "steps": error.step}`:   `{"a": steps.a_2, "steps": error.step}`,
		`steps.a.rows.map(r, r.a + steps.b.n)`:  `steps.a_2.rows.map(r, r.a + steps.b_2.n)`,
		`steps.a.rows.map(steps, steps.b)`:      `steps.a_2.rows.map(steps, steps.b)`,
		`trigger.rows.all(r, r.n < steps.a.n)`:  `trigger.rows.all(r, r.n < steps.a_2.n)`,
		"steps\n  .a.total":                     "steps\n  .a_2.total",
		`steps.a.(`:                             `steps.a.(`,
	} {
		if got := language.Rename(source, ids); got != wanted {
			t.Errorf("%s: got %s, not %s", source, got, wanted)
		}
	}
	for source, wanted := range map[string]string{
		`steps.a is ${steps.a.x}, not $${steps.a}; ${ {"k": steps.b}.k }.`: `steps.a is ${steps.a_2.x}, not $${steps.a}; ${ {"k": steps.b_2}.k }.`,
		`${steps.a.(} and ${steps.b.y}`:                                    `${steps.a.(} and ${steps.b_2.y}`,
		`${steps.a} and ${steps.b`:                                         `${steps.a_2} and ${steps.b`,
		`${steps.a}$${steps.b}`:                                            `${steps.a_2}$${steps.b}`,
	} {
		if got := language.RenameValue(source, ids); got != wanted {
			t.Errorf("%s: got %s, not %s", source, got, wanted)
		}
	}
	given := map[string]any{"steps.a": []any{"${steps.a}", 7.0, nil, map[string]any{"n": "${steps.b}"}}}
	wanted := map[string]any{"steps.a": []any{"${steps.a_2}", 7.0, nil, map[string]any{"n": "${steps.b_2}"}}}
	if got := language.RenameValue(given, ids); !reflect.DeepEqual(got, wanted) {
		t.Errorf("got %v", got)
	}
}
