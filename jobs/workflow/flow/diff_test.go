package flow_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"levqor/jobs/workflow/flow"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestDiff shows what a publish dialog says after some edits, against testdata/diff.golden.
func TestDiff(t *testing.T) {
	t.Parallel()
	log := func(id string) *flow.Step { return &flow.Step{ID: id, Kind: "log"} }
	var out strings.Builder
	for _, c := range []struct {
		what string
		ops  []flow.Op
	}{
		{"nothing", nil},
		{"one step more", []flow.Op{{Kind: flow.Insert, Step: log("n"), Index: 1}}},
		{"one step less", []flow.Op{{Kind: flow.Delete, ID: "a"}}},
		{"a step less with those inside it", []flow.Op{{Kind: flow.Delete, ID: "b"}}},
		{"a step moved down", []flow.Op{{Kind: flow.Move, ID: "a", Index: 2}}},
		{"a step moved into a branch", []flow.Op{{Kind: flow.Move, ID: "a", To: flow.Lane{Step: "b", Branch: 1}}}},
		{"a step moved past a new one", []flow.Op{{Kind: flow.Insert, Step: log("n"), Index: 1}, {Kind: flow.Move, ID: "a", Index: 3}}},
		{"settings edited", []flow.Op{{Kind: flow.Update, ID: "a", Step: &flow.Step{Kind: "log", Config: map[string]any{"message": "other"}}}}},
		{"edited and moved", []flow.Op{{Kind: flow.Update, ID: "a", Step: &flow.Step{Kind: "log", Name: "other"}}, {Kind: flow.Move, ID: "a", Index: 3}}},
		{"another id", []flow.Op{{Kind: flow.Update, ID: "a", Step: log("z")}}},
		{"a branch more", []flow.Op{{Kind: flow.Update, ID: "b", Step: &flow.Step{Kind: "switch", Branches: []flow.Branch{{Name: "yes"}, {Name: "maybe", When: "true"}, {Name: "no"}}}}}},
		{"the error branch off", []flow.Op{{Kind: flow.Update, ID: "e", Step: &flow.Step{Kind: "backup"}}}},
		{"wrapped", []flow.Op{{Kind: flow.Wrap, ID: "b", Step: &flow.Step{ID: "each", Kind: "for_each", Branches: []flow.Branch{{Name: "each"}}}}}},
		{"doubled", []flow.Op{{Kind: flow.Duplicate, ID: "b"}}},
		{"another trigger and other settings", []flow.Op{{Kind: flow.Start, Trigger: &flow.Trigger{Kind: "webhook"}}, {Kind: flow.Settle, Settings: &flow.Settings{MaxRuns: 1}}}},
	} {
		from, to := read(t, nest), read(t, nest)
		for _, op := range c.ops {
			if _, err := to.Apply(op); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
		}
		fmt.Fprintf(&out, "%s: %s\n", c.what, outline(&to))
		diff := flow.Compare(&from, &to)
		for _, id := range slices.Sorted(maps.Keys(diff.Steps)) {
			fmt.Fprintf(&out, "  %s %s\n", diff.Steps[id], id)
		}
		fmt.Fprintf(&out, "  trigger %t, settings %t, empty %t\n", diff.TriggerEdited, diff.SettingsEdited, diff.Empty())
	}
	const golden = "testdata/diff.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != out.String() {
		t.Errorf("%v; now it is\n%s", err, out.String())
	}
}
