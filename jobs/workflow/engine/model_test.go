package engine_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
)

// TestModel runs random workflows, with steps that fail for good or for a while,
// and compares what they did with a naive interpreter that knows nothing of jobs,
// waits and databases: the same outputs, the same effects.
func TestModel(t *testing.T) {
	t.Parallel()
	definitions, seed := 300, uint64(7)
	if os.Getenv("LEVQOR_CHAOS") != "" {
		definitions, seed = 10_000, uint64(time.Now().UnixNano())
	}
	b := setup(t)
	t.Logf("seed %d", seed)
	for from := 0; from < definitions; from += 100 {
		var models []*model
		var runs []uuid.UUID
		for i := range 100 {
			m := newModel(rand.New(rand.NewPCG(seed, uint64(from+i))), fmt.Sprintf("%d-", from+i))
			maps.Copy(b.world.fails, m.fails)
			maps.Copy(b.world.broken, m.broken)
			models, runs = append(models, m), append(runs, b.start(m.definition, m.input))
		}
		b.drain()
		for range 200 {
			if b.open() == 0 {
				break
			}
			b.pass(90 * time.Second)
		}
		for i, m := range models {
			m.compare(t, b, runs[i], seed)
		}
		if t.Failed() {
			return
		}
	}
}

// open counts the runs that are not over.
func (b *bundle) open() (n int) {
	b.system(func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM runs WHERE state NOT IN ('failed', 'succeeded')`).Scan(&n)
	})
	return n
}

// model is a random workflow and what it must come to.
type model struct {
	r          *rand.Rand
	name       string
	definition flow.Definition
	input      map[string]any
	fails      map[string]int
	broken     map[string]bool
	next       int

	effects map[string]bool
	outputs map[string]string // JSON, by key
}

func newModel(r *rand.Rand, name string) *model {
	m := &model{r: r, name: name, fails: map[string]int{}, broken: map[string]bool{}, effects: map[string]bool{}, outputs: map[string]string{}}
	list := []any{}
	for range r.IntN(4) {
		list = append(list, float64(r.IntN(10)))
	}
	m.input = map[string]any{"n": float64(r.IntN(10)), "list": list}
	m.definition = flow.Definition{Trigger: flow.Trigger{Kind: "manual"}, Steps: m.steps(0, false, "")}
	if m.definition.Bound() != nil {
		return newModel(r, name)
	}
	return m
}

func (m *model) steps(depth int, fork bool, suffix string) []flow.Step {
	steps := []flow.Step{}
	for range 1 + m.r.IntN(4) {
		steps = append(steps, m.step(depth, fork, suffix))
	}
	return steps
}

// step is a random one; suffix makes an effect's name unique in each iteration.
func (m *model) step(depth int, fork bool, suffix string) flow.Step {
	m.next++
	s := flow.Step{ID: fmt.Sprintf("s%d", m.next)}
	switch m.r.IntN(3) {
	case 0:
		s.OnError = flow.Continue
	case 1:
		if depth < 3 && m.r.IntN(2) == 0 {
			s.OnError = flow.Branches
			s.Rescue = m.steps(depth+1, fork, suffix)
		}
	}
	kind := m.r.IntN(10)
	if depth >= 3 {
		kind = m.r.IntN(5)
	}
	threshold := m.r.IntN(10)
	switch kind {
	case 0, 1, 2:
		s.Kind = "effect"
		name := m.name + s.ID
		s.Config = map[string]any{"name": name + suffix}
		m.trouble(name, suffix)
	case 3:
		s.Kind, s.Config = "transform", map[string]any{"values": map[string]any{"v": fmt.Sprintf("${trigger.n * %d}", threshold)}}
	case 4:
		s.Kind, s.Config = "delay", map[string]any{"seconds": float64(m.r.IntN(3))}
	case 5:
		s.Kind, s.Config = "condition", map[string]any{"when": fmt.Sprintf("trigger.n > %d", threshold)}
		s.Branches = []flow.Branch{{Name: "yes", Steps: m.steps(depth+1, fork, suffix)}, {Name: "no", Steps: m.steps(depth+1, fork, suffix)}}
	case 6:
		s.Kind = "switch"
		s.Branches = []flow.Branch{
			{Name: "low", When: fmt.Sprintf("trigger.n < %d", threshold), Steps: m.steps(depth+1, fork, suffix)},
			{Name: "high", When: fmt.Sprintf("trigger.n > %d", threshold), Steps: m.steps(depth+1, fork, suffix)},
			{Name: "else", Steps: m.steps(depth+1, fork, suffix)},
		}
	case 7:
		s.Kind = "parallel"
		s.Branches = []flow.Branch{{Name: "a", Steps: m.steps(depth+1, true, suffix)}, {Name: "b", Steps: m.steps(depth+1, true, suffix)}}
	case 8:
		goOn := m.r.IntN(2) == 0
		s.Kind, s.Config = "for_each", map[string]any{"items": "trigger.list", "collect": "item * 2", "go_on": goOn, "at_once": float64(1)}
		if goOn {
			s.Config["at_once"] = float64(1 + m.r.IntN(3))
		}
		s.Branches = []flow.Branch{{Name: "each", Steps: m.steps(depth+1, true, suffix+fmt.Sprintf("/${steps.%s.index}", s.ID))}}
	default:
		s.Kind, s.Config = "log", map[string]any{"message": "${trigger.n}"}
		if !fork && m.r.IntN(3) == 0 {
			s.Kind, s.Config = "stop", map[string]any{"as": []any{"succeeded", "failed"}[m.r.IntN(2)]}
		}
	}
	return s
}

// trouble makes some effects fail: for good, for too long, or for a while.
func (m *model) trouble(name, suffix string) {
	names := []string{name}
	for range strings.Count(suffix, "/") {
		var all []string
		for _, n := range names {
			for i := range 4 {
				all = append(all, fmt.Sprintf("%s/%d", n, i))
			}
		}
		names = all
	}
	for _, n := range names {
		switch m.r.IntN(8) {
		case 0:
			m.broken[n] = true
		case 1:
			m.fails[n] = 1 + m.r.IntN(3)
		}
	}
}

type verdict int

const (
	fine verdict = iota
	bad
	over    // stopped as succeeded
	overBad // stopped as failed
)

func (m *model) list(steps []flow.Step, prefix string, indexes []int) verdict {
	for i := range steps {
		if v := m.one(&steps[i], prefix, indexes); v != fine {
			return v
		}
	}
	return fine
}

func (m *model) one(s *flow.Step, prefix string, indexes []int) verdict {
	key := prefix + s.ID
	n := m.input["n"].(float64)
	note := func(output any) { m.outputs[key] = asJSON(output) }
	branch := func(name string) verdict {
		for i := range s.Branches {
			if s.Branches[i].Name == name {
				return m.list(s.Branches[i].Steps, prefix, indexes)
			}
		}
		return bad
	}
	number := func(after string) (limit float64) {
		_, _ = fmt.Sscanf(after, "trigger.n > %f", &limit)
		_, _ = fmt.Sscanf(after, "trigger.n < %f", &limit)
		return limit
	}
	switch s.Kind {
	case "effect":
		name := m.name + s.ID
		for _, i := range indexes {
			name += fmt.Sprintf("/%d", i)
		}
		if m.broken[name] || m.fails[name] >= 3 {
			return m.failed(s, prefix, indexes)
		}
		m.effects[name] = true
		note(map[string]any{"name": name})
	case "transform":
		var by float64
		_, _ = fmt.Sscanf(s.Config["values"].(map[string]any)["v"].(string), "${trigger.n * %f}", &by)
		note(map[string]any{"v": n * by})
	case "log":
		note(map[string]any{"level": "info", "message": fmt.Sprint(n)})
	case "stop":
		if s.Config["as"] == "failed" {
			return overBad
		}
		return over
	case "condition":
		yes := n > number(s.Config["when"].(string))
		name := map[bool]string{true: "yes", false: "no"}[yes]
		note(map[string]any{"result": yes, "branch": name})
		return branch(name)
	case "switch":
		name := "else"
		if n < number(s.Branches[0].When) {
			name = "low"
		} else if n > number(s.Branches[1].When) {
			name = "high"
		}
		note(map[string]any{"branch": name})
		return branch(name)
	case "parallel":
		a, b := branch("a"), branch("b")
		if a == bad || b == bad {
			return m.failed(s, prefix, indexes)
		}
		note(map[string]any{"branches": 2.0})
	case "for_each":
		return m.each(s, prefix, indexes)
	}
	return fine
}

func (m *model) each(s *flow.Step, prefix string, indexes []int) verdict {
	items, count, results := m.input["list"].([]any), 0, []any{}
	for i, item := range items {
		v := m.list(s.Branches[0].Steps, fmt.Sprintf("%s%s[%d]/", prefix, s.ID, i), append(slices.Clone(indexes), i))
		if v != bad {
			results = append(results, item.(float64)*2)
			continue
		}
		if count++; s.Config["go_on"] != true {
			return m.failed(s, prefix, indexes)
		}
		results = append(results, nil)
	}
	m.outputs[prefix+s.ID] = asJSON(map[string]any{"count": len(items), "failed": count, "results": results})
	return fine
}

func (m *model) failed(s *flow.Step, prefix string, indexes []int) verdict {
	switch s.OnError {
	case flow.Continue:
		return fine
	case flow.Branches:
		return m.list(s.Rescue, prefix, indexes)
	default:
		return bad
	}
}

func (m *model) compare(t *testing.T, b *bundle, run uuid.UUID, seed uint64) {
	t.Helper()
	v := m.list(m.definition.Steps, "", nil)
	want := engine.Succeeded
	if v == bad || v == overBad {
		want = engine.Failed
	}
	got := b.see(run)
	outputs := map[string]string{}
	for key, output := range got.Output {
		named, ok := output.(map[string]any)
		if !ok || named["as"] != nil || named["until"] != nil { // stops and delays say nothing that a model could know
			continue
		}
		delete(named, "nth")
		outputs[key] = asJSON(named)
	}
	effects := map[string]bool{}
	for _, name := range b.world.arrived {
		if len(name) > len(m.name) && name[:len(m.name)] == m.name {
			if effects[name] {
				t.Errorf("%s arrived twice", name)
			}
			effects[name] = true
		}
	}
	if got.State != want || !reflect.DeepEqual(outputs, m.outputs) || !reflect.DeepEqual(effects, m.effects) {
		text, _ := m.definition.YAML()
		t.Errorf("seed %d, %s: %s (%s at %s), want %s\noutputs %v\nwant    %v\neffects %v\nwant    %v\nbroken %v fails %v input %v\n%s", seed, m.name, got.State, got.Failure, got.Step, want,
			outputs, m.outputs, effects, m.effects, m.broken, m.fails, m.input, text)
	}
}
