package flow_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"levqor/jobs/workflow/flow"
)

// The same cases each time; -rapid.seed=0 draws others.
func init() {
	if err := flag.Set("rapid.seed", "1"); err != nil {
		panic(err)
	}
}

// The generators are shared: these tests run one after the other.

// text is what people type, and what makes trouble in YAML.
var text = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
	"", " ", "\n", "\t", "- a", "#", ": ", "'", "\"", "{}", "[]", "&a", "*a", "!x", "|", ">", "%", "@", "`", "<<", "=", "~", "null", "yes", "no", "on", "true", "1", "1e3", "0x1f", "0o7",
	"1_000", ".5", ".inf", ".nan", "2001-01-01", "2001-01-01T00:00:00Z", "12:30:45", "a: b", "a #b", " a", "a ", "a\nb", "a\n", "\na", "a\n\n", " a\n b", "a\r\nb", "${steps.a.body}", "é\u2028ü", "\u0085", "\ufeff", "--- x", "...",
}))

var value = rapid.OneOf(
	rapid.Map(text, func(s string) any { return s }), rapid.Map(rapid.Float64Range(-1e18, 1e18), func(f float64) any { return f }),
	rapid.Map(rapid.IntRange(-1000, 1000), func(n int) any { return float64(n) }), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just(any(nil)),
	rapid.Map(rapid.SliceOfN(text, 0, 3), func(list []string) any { return list }),
	rapid.Map(rapid.MapOfN(text, text, 0, 3), func(m map[string]string) any { return m }),
)

// someSteps are up to so many, so deep, with ids that nobody else has.
func someSteps(t *rapid.T, count *int, depth int) []flow.Step {
	steps := []flow.Step{}
	for range rapid.IntRange(0, 3).Draw(t, "steps") {
		*count++
		s := flow.Step{ID: fmt.Sprintf("s_%d", *count), Kind: rapid.SampledFrom([]string{"log", "condition", "for_each"}).Draw(t, "kind"), Name: text.Draw(t, "name")}
		s.Config = rapid.MapOfN(text, value, 0, 3).Draw(t, "config")
		if rapid.Bool().Draw(t, "policy") {
			s.Retry = &flow.Retry{Max: rapid.IntRange(0, 20).Draw(t, "max"), FirstSeconds: rapid.IntRange(0, 9).Draw(t, "first")}
			s.Approval = &flow.Approval{ExpiresMinutes: rapid.IntRange(0, 9).Draw(t, "minutes"), NotAuthor: rapid.Bool().Draw(t, "author")}
			s.Timeout, s.Once, s.Undo = rapid.IntRange(0, 9).Draw(t, "timeout"), rapid.Bool().Draw(t, "once"), rapid.SampledFrom([]string{"", "true", "s_1"}).Draw(t, "undo")
			s.Pin = value.Draw(t, "pin")
		}
		if depth > 0 && rapid.Bool().Draw(t, "rescue") {
			s.OnError, s.Rescue = flow.Branches, someSteps(t, count, depth-1)
		}
		if depth > 0 && s.Kind != "log" {
			for n := range rapid.IntRange(1, 3).Draw(t, "branches") {
				s.Branches = append(s.Branches, flow.Branch{Name: fmt.Sprintf("%d", n), When: text.Draw(t, "when"), Steps: someSteps(t, count, depth-1)})
			}
		}
		steps = append(steps, s)
	}
	return steps
}

func someDefinition(t *rapid.T) flow.Definition {
	count := 0
	d := flow.Definition{Steps: someSteps(t, &count, 3)}
	d.Trigger = flow.Trigger{Kind: "manual", Config: rapid.MapOfN(text, value, 0, 2).Draw(t, "trigger")}
	d.Settings = flow.Settings{MaxRuns: rapid.IntRange(0, 3).Draw(t, "runs"), DeadlineMinutes: rapid.IntRange(0, 3).Draw(t, "deadline")}
	return d
}

func asJSON(t interface{ Fatal(...any) }, d flow.Definition) string {
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func someOp(t *rapid.T, d *flow.Definition) flow.Op {
	ids := []string{"", "nobody"}
	for _, s := range d.All() {
		ids = append(ids, s.ID)
	}
	id := rapid.SampledFrom(ids)
	count := len(ids)
	op := flow.Op{Kind: rapid.SampledFrom([]flow.OpKind{flow.Delete, flow.Duplicate, flow.Insert, flow.Move, flow.Update, flow.Wrap}).Draw(t, "op"), ID: id.Draw(t, "id")}
	op.To = flow.Lane{Step: id.Draw(t, "lane"), Branch: rapid.IntRange(-1, 3).Draw(t, "branch"), Rescue: rapid.Bool().Draw(t, "in the error branch")}
	op.Index = rapid.IntRange(-1, 5).Draw(t, "index")
	if given := someSteps(t, &count, 2); len(given) > 0 {
		op.Step = &given[0]
		op.Step.ID = rapid.SampledFrom(append(ids, op.Step.ID)).Draw(t, "new id")
	}
	return op
}

// TestAnyEditsKeepAFlowWhole: whatever is clicked, ids stay one step's, bounds
// hold, a refused edit changes nothing, and going back brings what was.
func TestAnyEditsKeepAFlowWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := someDefinition(t)
		if d.Bound() != nil {
			t.Skip("too large to begin with")
		}
		type edit struct {
			before string
			op     flow.Op
			after  string
		}
		var log []edit
		for range rapid.IntRange(1, 8).Draw(t, "edits") {
			before, next := asJSON(t, d), d.Clone()
			op := someOp(t, &d)
			logged, err := json.Marshal(op)
			if err != nil {
				t.Fatal(err)
			}
			focus, err := next.Apply(op)
			if asJSON(t, d) != before {
				t.Fatal("the draft changed under an edit of its copy")
			}
			if err != nil {
				continue
			}
			var kept flow.Op
			if err := json.Unmarshal(logged, &kept); err != nil {
				t.Fatal(err)
			}
			log = append(log, edit{before, kept, asJSON(t, next)})
			d = next
			whole(t, &d, focus)
		}
		for i := len(log) - 1; i >= 0; i-- { // back, and forth again
			var was flow.Definition
			if err := json.Unmarshal([]byte(log[i].before), &was); err != nil {
				t.Fatal(err)
			}
			if _, err := was.Apply(log[i].op); err != nil || asJSON(t, was) != log[i].after {
				t.Fatalf("%s done again is another edit: %v", log[i].op.Kind, err)
			}
		}
	})
}

func whole(t *rapid.T, d *flow.Definition, focus string) {
	seen := map[string]bool{}
	for _, s := range d.All() {
		if seen[s.ID] || !flow.ValidID(s.ID) {
			t.Fatalf("%q is there twice, or is no id: %s", s.ID, outline(d))
		}
		seen[s.ID] = true
	}
	if err := d.Bound(); err != nil {
		t.Fatalf("out of bounds: %v", err)
	}
	if focus != "" && !seen[focus] {
		t.Fatalf("it looks at %q, which is not there: %s", focus, outline(d))
	}
}

func TestYAMLComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := someDefinition(t)
		if d.Bound() != nil {
			t.Skip("too large")
		}
		written, err := d.YAML()
		if err != nil {
			t.Fatal(err)
		}
		back, err := flow.ParseYAML(written)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if got, want := asJSON(t, back), asJSON(t, d.Clone()); got != want {
			t.Fatalf("\n%s\ncame back as\n%s\nfrom\n%s", want, got, written)
		}
	})
}
