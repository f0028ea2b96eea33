package flow_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/flow"
)

// outline writes a definition's ids as they lie: a, b[yes: c | no: -], !d for an
// error branch.
func outline(d *flow.Definition) string { return listed(d.Steps) }

func listed(steps []flow.Step) string {
	if len(steps) == 0 {
		return "-"
	}
	out := make([]string, len(steps))
	for i, s := range steps {
		out[i] = s.ID
		var lanes []string
		for _, b := range s.Branches {
			lanes = append(lanes, b.Name+": "+listed(b.Steps))
		}
		if len(lanes) > 0 {
			out[i] += "[" + strings.Join(lanes, " | ") + "]"
		}
		if s.OnError == flow.Branches {
			out[i] += "!(" + listed(s.Rescue) + ")"
		}
	}
	return strings.Join(out, ", ")
}

const nest = `
trigger: {kind: manual}
steps:
  - {id: a, kind: log}
  - id: b
    kind: condition
    branches:
      - {name: "yes", steps: [{id: c, kind: log}, {id: d, kind: log}]}
      - {name: "no", steps: []}
  - {id: e, kind: backup, on_error: branch, rescue: [{id: f, kind: log}]}`

func read(t testing.TB, text string) flow.Definition {
	t.Helper()
	d, err := flow.ParseYAML([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func keyOf(err error) string {
	known, ok := errors.AsType[*fail.Error](err)
	if !ok {
		return fmt.Sprint(err)
	}
	return known.Key
}

// deep is one step inside so many others.
func deep(levels int) flow.Definition {
	steps := []flow.Step{{ID: "inner", Kind: "log"}}
	for n := range levels {
		steps = []flow.Step{{ID: fmt.Sprintf("level_%d", n), Kind: "for_each", Branches: []flow.Branch{{Name: "each", Steps: steps}}}}
	}
	return flow.Definition{Trigger: flow.Trigger{Kind: "manual"}, Steps: steps}
}

func wide(n int) flow.Definition {
	d := flow.Definition{Trigger: flow.Trigger{Kind: "manual"}, Steps: []flow.Step{}}
	for i := range n {
		d.Steps = append(d.Steps, flow.Step{ID: fmt.Sprintf("s_%d", i), Kind: "log"})
	}
	return d
}

func TestRefusedEdits(t *testing.T) {
	t.Parallel()
	log := &flow.Step{ID: "n", Kind: "log"}
	loop := &flow.Step{ID: "n", Kind: "for_each", Branches: []flow.Branch{{Name: "each"}}}
	large := &flow.Step{ID: "n", Kind: "log", Config: map[string]any{"message": strings.Repeat("x", flow.MaxBytes)}}
	twins := &flow.Definition{Steps: []flow.Step{{ID: "x", Kind: "log"}, {ID: "x", Kind: "log"}}}
	nested := any("x")
	for range 200 {
		nested = []any{nested}
	}
	flat, full, bottom := read(t, nest), wide(flow.MaxSteps), deep(flow.MaxDepth-1)
	for name, c := range map[string]struct {
		from flow.Definition
		op   flow.Op
		key  string
	}{
		"an edit of no kind":                      {flat, flow.Op{}, "bad_op"},
		"an edit that nobody knows":               {flat, flow.Op{Kind: "explode"}, "bad_op"},
		"delete what is not there":                {flat, flow.Op{Kind: flow.Delete, ID: "z"}, "no_step"},
		"duplicate what is not there":             {flat, flow.Op{Kind: flow.Duplicate, ID: "z"}, "no_step"},
		"duplicate beyond the most steps":         {full, flow.Op{Kind: flow.Duplicate, ID: "s_0"}, "too_many_steps"},
		"insert nothing":                          {flat, flow.Op{Kind: flow.Insert}, "bad_op"},
		"insert into a step without branches":     {flat, flow.Op{Kind: flow.Insert, Step: log, To: flow.Lane{Step: "a"}}, "bad_op"},
		"insert into a branch that is not there":  {flat, flow.Op{Kind: flow.Insert, Step: log, To: flow.Lane{Step: "b", Branch: 2}}, "bad_op"},
		"insert into a branch before the first":   {flat, flow.Op{Kind: flow.Insert, Step: log, To: flow.Lane{Step: "b", Branch: -1}}, "bad_op"},
		"insert into an error branch that is off": {flat, flow.Op{Kind: flow.Insert, Step: log, To: flow.Lane{Step: "a", Rescue: true}}, "bad_op"},
		"insert beyond the most steps":            {full, flow.Op{Kind: flow.Insert, Step: log}, "too_many_steps"},
		"insert something inside what is deepest": {bottom, flow.Op{Kind: flow.Wrap, ID: "inner", Step: loop}, "too_deep"},
		"insert what is too large":                {flat, flow.Op{Kind: flow.Insert, Step: large}, "too_large"},
		"insert settings without end":             {flat, flow.Op{Kind: flow.Insert, Step: &flow.Step{Kind: "log", Config: map[string]any{"message": nested}}}, "nested"},
		"move what is not there":                  {flat, flow.Op{Kind: flow.Move, ID: "z"}, "no_step"},
		"move into itself":                        {flat, flow.Op{Kind: flow.Move, ID: "b", To: flow.Lane{Step: "b"}}, "into_itself"},
		"move into what is inside it":             {bottom, flow.Op{Kind: flow.Move, ID: "level_2", To: flow.Lane{Step: "level_0"}}, "into_itself"},
		"move into a step that is not there":      {flat, flow.Op{Kind: flow.Move, ID: "a", To: flow.Lane{Step: "z"}}, "bad_op"},
		"move too deep":                           {deepBeside(), flow.Op{Kind: flow.Move, ID: "beside", To: flow.Lane{Step: "level_0"}}, "too_deep"},
		"replace by nothing":                      {flat, flow.Op{Kind: flow.Replace}, "bad_op"},
		"replace by two of the same id":           {flat, flow.Op{Kind: flow.Replace, Definition: twins}, "same_id"},
		"settings that are none":                  {flat, flow.Op{Kind: flow.Settle}, "bad_op"},
		"a trigger that is none":                  {flat, flow.Op{Kind: flow.Start}, "bad_op"},
		"update what is not there":                {flat, flow.Op{Kind: flow.Update, ID: "z", Step: log}, "no_step"},
		"update by nothing":                       {flat, flow.Op{Kind: flow.Update, ID: "a"}, "no_step"},
		"update to another's id":                  {flat, flow.Op{Kind: flow.Update, ID: "a", Step: &flow.Step{ID: "c", Kind: "log"}}, "bad_id"},
		"update to an id that is none":            {flat, flow.Op{Kind: flow.Update, ID: "a", Step: &flow.Step{ID: "A b", Kind: "log"}}, "bad_id"},
		"update with another's id inside":         {flat, flow.Op{Kind: flow.Update, ID: "b", Step: &flow.Step{Kind: "condition", Branches: []flow.Branch{{Name: "yes", Steps: []flow.Step{{ID: "a", Kind: "log"}}}}}}, "same_id"},
		"wrap what is not there":                  {flat, flow.Op{Kind: flow.Wrap, ID: "z", Step: loop}, "no_step"},
		"wrap into a step without branches":       {flat, flow.Op{Kind: flow.Wrap, ID: "a", Step: log}, "no_step"},
		"wrap too deep":                           {bottom, flow.Op{Kind: flow.Wrap, ID: "level_3", Step: loop}, "too_deep"},
		"wrap beyond the most steps":              {full, flow.Op{Kind: flow.Wrap, ID: "s_0", Step: loop}, "too_many_steps"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := c.from.Clone()
			_, err := d.Apply(c.op)
			if c.key == "" && err != nil || c.key != "" && keyOf(err) != "workflow.fail."+c.key {
				t.Errorf("%v, want %q", err, c.key)
			}
		})
	}
}

// deepBeside is a flow of the greatest depth, and a loop with a step in it beside that.
func deepBeside() flow.Definition {
	d := deep(flow.MaxDepth - 1)
	d.Steps = append(d.Steps, flow.Step{ID: "beside", Kind: "for_each", Branches: []flow.Branch{{Name: "each", Steps: []flow.Step{{ID: "within", Kind: "log"}}}}})
	return d
}

func TestEdits(t *testing.T) {
	t.Parallel()
	log := &flow.Step{ID: "n", Kind: "log"}
	for name, c := range map[string]struct {
		op    flow.Op
		want  string
		focus string
	}{
		"delete looks at the next step":              {flow.Op{Kind: flow.Delete, ID: "a"}, "b[yes: c, d | no: -], e!(f)", "b"},
		"delete the last looks at the one before":    {flow.Op{Kind: flow.Delete, ID: "d"}, "a, b[yes: c | no: -], e!(f)", "c"},
		"delete the only one looks at what holds it": {flow.Op{Kind: flow.Delete, ID: "f"}, "a, b[yes: c, d | no: -], e!(-)", "e"},
		"delete takes what is inside along":          {flow.Op{Kind: flow.Delete, ID: "b"}, "a, e!(f)", "e"},
		"duplicate stands behind, with ids of its own": {flow.Op{Kind: flow.Duplicate, ID: "b"},
			"a, b[yes: c, d | no: -], b_2[yes: c_2, d_2 | no: -], e!(f)", "b_2"},
		"duplicate takes the error branch along":   {flow.Op{Kind: flow.Duplicate, ID: "e"}, "a, b[yes: c, d | no: -], e!(f), e_2!(f_2)", "e_2"},
		"insert at a place":                        {flow.Op{Kind: flow.Insert, Step: log, Index: 1}, "a, n, b[yes: c, d | no: -], e!(f)", "n"},
		"insert far behind is at the end":          {flow.Op{Kind: flow.Insert, Step: log, Index: 99}, "a, b[yes: c, d | no: -], e!(f), n", "n"},
		"insert far before is at the beginning":    {flow.Op{Kind: flow.Insert, Step: log, Index: -5}, "n, a, b[yes: c, d | no: -], e!(f)", "n"},
		"insert into an empty branch":              {flow.Op{Kind: flow.Insert, Step: log, To: flow.Lane{Step: "b", Branch: 1}}, "a, b[yes: c, d | no: n], e!(f)", "n"},
		"insert into an error branch":              {flow.Op{Kind: flow.Insert, Step: log, To: flow.Lane{Step: "e", Rescue: true}, Index: 1}, "a, b[yes: c, d | no: -], e!(f, n)", "n"},
		"insert under a taken id gets another":     {flow.Op{Kind: flow.Insert, Step: &flow.Step{ID: "c", Kind: "log"}}, "c_2, a, b[yes: c, d | no: -], e!(f)", "c_2"},
		"insert without an id takes the kind's":    {flow.Op{Kind: flow.Insert, Step: &flow.Step{Kind: "log"}}, "log, a, b[yes: c, d | no: -], e!(f)", "log"},
		"insert of a kind that is no id":           {flow.Op{Kind: flow.Insert, Step: &flow.Step{ID: "É", Kind: "?"}}, "step, a, b[yes: c, d | no: -], e!(f)", "step"},
		"move down counts places as they are seen": {flow.Op{Kind: flow.Move, ID: "a", Index: 2}, "b[yes: c, d | no: -], a, e!(f)", "a"},
		"move up":                               {flow.Op{Kind: flow.Move, ID: "e", Index: 0}, "e!(f), a, b[yes: c, d | no: -]", "e"},
		"move to where it is":                   {flow.Op{Kind: flow.Move, ID: "b", Index: 1}, "a, b[yes: c, d | no: -], e!(f)", "b"},
		"move into a branch":                    {flow.Op{Kind: flow.Move, ID: "a", To: flow.Lane{Step: "b", Branch: 1}}, "b[yes: c, d | no: a], e!(f)", "a"},
		"move out of a branch":                  {flow.Op{Kind: flow.Move, ID: "c", Index: 3}, "a, b[yes: d | no: -], e!(f), c", "c"},
		"move a branch's steps with their step": {flow.Op{Kind: flow.Move, ID: "b", To: flow.Lane{Step: "e", Rescue: true}}, "a, e!(b[yes: c, d | no: -], f)", "b"},
		"update keeps what is inside":           {flow.Op{Kind: flow.Update, ID: "b", Step: &flow.Step{ID: "q", Kind: "condition"}}, "a, q[yes: c, d | no: -], e!(f)", "q"},
		"update follows cases by their names": {flow.Op{Kind: flow.Update, ID: "b", Step: &flow.Step{Kind: "switch", Branches: []flow.Branch{{Name: "no"}, {Name: "new"}, {Name: "yes"}}}},
			"a, b[no: - | new: - | yes: c, d], e!(f)", "b"},
		"update switches the error branch off": {flow.Op{Kind: flow.Update, ID: "e", Step: &flow.Step{Kind: "backup"}}, "a, b[yes: c, d | no: -], e", "e"},
		"wrap into a loop": {flow.Op{Kind: flow.Wrap, ID: "b", Step: &flow.Step{ID: "each", Kind: "for_each", Branches: []flow.Branch{{Name: "each"}}}},
			"a, each[each: b[yes: c, d | no: -]], e!(f)", "each"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, nest)
			focus, err := d.Apply(c.op)
			if err != nil || outline(&d) != c.want || focus != c.focus {
				t.Errorf("%s, %s, %v; want %s, %s", outline(&d), focus, err, c.want, c.focus)
			}
		})
	}
}

func TestAnErrorBranchComesBackAsItWas(t *testing.T) {
	t.Parallel()
	d := read(t, nest)
	for _, op := range []flow.Op{
		{Kind: flow.Update, ID: "e", Step: &flow.Step{Kind: "backup"}},
		{Kind: flow.Insert, Step: &flow.Step{ID: "f", Kind: "log"}},
		{Kind: flow.Update, ID: "e", Step: &flow.Step{Kind: "backup", OnError: flow.Branches}},
	} {
		if _, err := d.Apply(op); err != nil {
			t.Fatalf("%s: %v", op.Kind, err)
		}
	}
	if got := outline(&d); got != "f_2, a, b[yes: c, d | no: -], e!(f)" {
		t.Error(got)
	}
}

func TestAnEditSharesNothingWithWhatWasGiven(t *testing.T) {
	t.Parallel()
	d := read(t, nest)
	given := flow.Step{ID: "b", Kind: "condition", Branches: []flow.Branch{{Name: "yes", Steps: []flow.Step{{ID: "c", Kind: "log"}}}, {Name: "no"}}}
	if _, err := d.Apply(flow.Op{Kind: flow.Insert, Step: &given}); err != nil {
		t.Fatal(err)
	}
	if given.ID != "b" || given.Branches[0].Steps[0].ID != "c" {
		t.Errorf("the edit that is logged changed: %+v", given)
	}
}
