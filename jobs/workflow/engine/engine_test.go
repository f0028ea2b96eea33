package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/step"
)

func TestAFlowToItsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(def(t, `
trigger: {kind: manual}
steps:
  - {id: sum, kind: transform, config: {values: {total: "${trigger.a + trigger.b}"}}}
  - id: big
    kind: condition
    config: {when: steps.sum.total > 3}
    branches:
      - {name: "yes", steps: [{id: tell, kind: effect, config: {name: "big ${steps.sum.total}"}}]}
      - {name: "no", steps: [{id: quiet, kind: log, config: {message: small}}]}
  - id: way
    kind: switch
    branches:
      - {name: never, when: "false", steps: []}
      - {name: else, steps: [{id: other, kind: log, config: {message: "else ${steps.tell.nth}"}}]}
  - id: each
    kind: for_each
    config: {items: trigger.list, collect: "steps.double.n"}
    branches:
      - {name: each, steps: [{id: double, kind: transform, config: {values: {n: "${item * 2 + index}"}}}]}
  - id: both
    kind: parallel
    branches:
      - {name: left, steps: [{id: l, kind: effect, config: {name: l}}]}
      - {name: right, steps: [{id: r, kind: effect, config: {name: r}}]}
  - {id: last, kind: log, config: {message: "${steps.each.results} ${steps.l.name}${steps.r.name}"}}
`), map[string]any{"a": 1, "b": 3, "list": []any{1, 2, 3}})
	b.drain()
	got := b.see(run)
	if got.State != engine.Succeeded {
		t.Fatalf("%+v", got)
	}
	for key, want := range map[string]string{
		"sum": `{"total":4}`, "big": `{"branch":"yes","result":true}`, "way": `{"branch":"else"}`, "other": `{"level":"info","message":"else 1"}`,
		"each": `{"count":3,"failed":0,"results":[2,5,8]}`, "each[1]/double": `{"n":5}`, "last": `{"level":"info","message":"[2,5,8] lr"}`,
	} {
		if asJSON(got.Output[key]) != want {
			t.Errorf("%s: %s, want %s", key, asJSON(got.Output[key]), want)
		}
	}
	if _, ran := got.Output["quiet"]; ran || len(b.world.arrived) != 3 || b.world.arrived[0] != "big 4" {
		t.Errorf("%v", b.world.arrived)
	}
	if in, held := b.lane(); in != 0 || held != 0 {
		t.Errorf("the lane holds %d, %d", in, held)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		steps string
		state engine.State
		at    string
		want  map[string]string // output, by key
	}{
		"stops the run": {`[{id: a, kind: effect, config: {name: bad}}, {id: b, kind: log, config: {message: never}}]`, engine.Failed, "a", nil},
		"goes on": {`[{id: a, kind: effect, config: {name: bad}, on_error: continue}, {id: b, kind: log, config: {message: "${steps.a.error.args.message}"}}]`,
			engine.Succeeded, "", map[string]string{"b": `{"level":"info","message":"bad"}`}},
		"takes the error branch": {`[{id: a, kind: effect, config: {name: bad}, on_error: branch, rescue: [{id: r, kind: log, config: {message: "${error.step}"}}]}, {id: b, kind: log, config: {message: after}}]`,
			engine.Succeeded, "", map[string]string{"r": `{"level":"info","message":"a"}`, "b": `{"level":"info","message":"after"}`}},
		"in a branch beside others": {`[{id: p, kind: parallel, branches: [{name: x, steps: [{id: a, kind: effect, config: {name: bad}}]}, {name: y, steps: [{id: c, kind: effect, config: {name: fine}}]}]}]`,
			engine.Failed, "a", map[string]string{"c": `{"name":"fine","nth":1}`}},
		"of one item that may fail": {`[{id: e, kind: for_each, config: {items: '["fine", "bad", "fine"]', go_on: true}, branches: [{name: each, steps: [{id: a, kind: effect, config: {name: "${item}"}}]}]}]`,
			engine.Succeeded, "", map[string]string{"e": `{"count":3,"failed":1,"results":[null,null,null]}`}},
		"of an item ends the loop": {`[{id: e, kind: for_each, config: {items: '["fine", "bad", "fine"]'}, branches: [{name: each, steps: [{id: a, kind: effect, config: {name: "${item}"}}]}]}]`,
			engine.Failed, "e[1]/a", map[string]string{"e[2]/a": "null"}},
		"of an expression":      {`[{id: a, kind: log, config: {message: "${trigger.missing}"}}]`, engine.Failed, "a", nil},
		"by a stop":             {`[{id: s, kind: stop, config: {as: failed, message: enough}}, {id: b, kind: log, config: {message: never}}]`, engine.Failed, "s", nil},
		"none by a good stop":   {`[{id: s, kind: stop}, {id: b, kind: log, config: {message: never}}]`, engine.Succeeded, "", map[string]string{"b": "null"}},
		"a setting of no sense": {`[{id: d, kind: delay, config: {seconds: "${trigger.name}"}}]`, engine.Failed, "d", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.world.broken["bad"] = true
			run := b.start(def(t, "trigger: {kind: manual}\nsteps: "+c.steps), map[string]any{"name": "x"})
			b.drain()
			got := b.see(run)
			if got.State != c.state || got.Step != c.at {
				t.Errorf("%+v", got)
			}
			for key, want := range c.want {
				if asJSON(got.Output[key]) != want {
					t.Errorf("%s: %s, want %s", key, asJSON(got.Output[key]), want)
				}
			}
		})
	}
}

func TestTriesAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.world.fails["shaky"] = 2
	run := b.start(def(t, "trigger: {kind: manual}\nsteps: [{id: a, kind: effect, config: {name: shaky}}]"), nil)
	b.drain()
	if got := b.see(run); got.State != engine.Waiting {
		t.Fatalf("%+v", got)
	}
	if in, _ := b.lane(); in != 0 {
		t.Errorf("a waiting run takes a place: %d", in)
	}
	b.pass(2 * time.Second)
	b.pass(3 * time.Second)
	if got := b.see(run); got.State != engine.Succeeded || len(b.world.tokens) != 1 {
		t.Fatalf("%+v, %v", got, b.world.tokens)
	}
}

func TestADelayOverAMonth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(def(t, `
trigger: {kind: manual}
settings: {deadline_minutes: 100000}
steps: [{id: d, kind: delay, config: {seconds: 2505600}}, {id: a, kind: effect, config: {name: late}}]`), nil)
	b.drain()
	b.pass(28 * 24 * time.Hour)
	if got := b.see(run); got.State != engine.Waiting {
		t.Fatalf("woke early: %+v", got)
	}
	b.pass(24*time.Hour + time.Second)
	if got := b.see(run); got.State != engine.Succeeded || !slices.Equal(b.world.arrived, []string{"late"}) {
		t.Fatalf("%+v", got)
	}
}

func TestApprovals(t *testing.T) {
	t.Parallel()
	flow := def(t, `
trigger: {kind: manual}
steps:
  - id: p
    kind: parallel
    branches:
      - {name: x, steps: [{id: a, kind: danger, config: {name: "send ${trigger.to}"}, on_error: branch, rescue: [{id: r, kind: log, config: {message: "${error.args.?reason.orValue(error.key)}"}}]}]}
      - {name: "y", steps: [{id: c, kind: effect, config: {name: beside}}]}
  - {id: z, kind: log, config: {message: end}}`)
	decide := func(b *bundle, run uuid.UUID, answer map[string]any) error {
		return b.db.InWorkspace(t.Context(), b.owner.Workspace, func(ctx context.Context, tx pgx.Tx) error {
			return b.engine.Decide(ctx, tx, run, "a", step.WaitApproval, answer)
		})
	}
	begin := func(t *testing.T) (*bundle, uuid.UUID) {
		b := setup(t)
		run := b.start(flow, map[string]any{"to": "ana"})
		b.drain()
		if got := b.see(run); got.State != engine.Waiting || !slices.Equal(b.world.arrived, []string{"beside"}) {
			t.Fatalf("%+v", got)
		}
		return b, run
	}
	t.Run("nobody decides", func(t *testing.T) {
		t.Parallel()
		b, run := begin(t)
		b.pass(25 * time.Hour)
		if got := b.see(run); got.State != engine.Succeeded || got.States["a"] != "caught" || len(b.world.arrived) != 1 {
			t.Fatalf("%+v", got)
		}
		if err := decide(b, run, map[string]any{"approved": true}); !fail.Is(err, fail.Conflict) {
			t.Errorf("decided after the time: %v", err)
		}
	})
	t.Run("no", func(t *testing.T) {
		t.Parallel()
		b, run := begin(t)
		if err := decide(b, run, map[string]any{"approved": false, "by": "Vera", "reason": "not today"}); err != nil {
			t.Fatal(err)
		}
		b.drain()
		if got := b.see(run); got.State != engine.Succeeded || asJSON(got.Output["r"]) != `{"level":"info","message":"not today"}` || len(b.world.arrived) != 1 {
			t.Fatalf("%+v", got)
		}
	})
	t.Run("yes, once", func(t *testing.T) {
		t.Parallel()
		b, run := begin(t)
		if err := decide(b, run, map[string]any{"approved": true, "by": "Vera"}); err != nil {
			t.Fatal(err)
		}
		if err := decide(b, run, map[string]any{"approved": false}); !fail.Is(err, fail.Conflict) {
			t.Errorf("decided twice: %v", err)
		}
		b.drain()
		if got := b.see(run); got.State != engine.Succeeded || !slices.Equal(b.world.arrived, []string{"beside", "send ana"}) {
			t.Fatalf("%+v %v", got, b.world.arrived)
		}
	})
	t.Run("always allowed, to this one", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		workflow, version := b.publish(flow)
		b.system(func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO trusts (id, workspace_id, workflow_id, step_id, reach, granted_by, created_at) VALUES ($1, $2, $3, 'a', 'send ana', 'Olive', $4)`,
				db.NewID(), b.owner.Workspace, workflow, b.clock.Now())
			return err
		})
		ana, leo := b.startOf(workflow, version, map[string]any{"to": "ana"}), b.startOf(workflow, version, map[string]any{"to": "leo"})
		b.drain()
		if b.see(ana).State != engine.Succeeded || b.see(leo).State != engine.Waiting {
			t.Fatalf("%s, %s", b.see(ana).State, b.see(leo).State)
		}
	})
}

func TestRetryGoesOnFromTheFailedStep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.world.broken["c"] = true
	run := b.start(def(t, `
trigger: {kind: manual}
steps:
  - {id: a, kind: effect, config: {name: a}}
  - id: p
    kind: parallel
    branches: [{name: x, steps: [{id: b, kind: effect, config: {name: b}}]}, {name: "y", steps: [{id: c, kind: effect, config: {name: c}}]}]
  - {id: d, kind: effect, config: {name: d}}`), nil)
	b.drain()
	if got := b.see(run); got.State != engine.Failed || got.Step != "c" {
		t.Fatalf("%+v", got)
	}
	delete(b.world.broken, "c")
	b.system(func(ctx context.Context, tx pgx.Tx) error { return b.engine.Retry(ctx, tx, run) })
	b.drain()
	if got := b.see(run); got.State != engine.Succeeded || fmt.Sprint(b.world.arrived) != "[a b c d]" {
		t.Fatalf("%+v %v", got, b.world.arrived)
	}
	err := b.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return b.engine.Retry(ctx, tx, run) })
	if !fail.Is(err, fail.Conflict) {
		t.Errorf("a run that succeeded was taken up again: %v", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	slow := def(t, "trigger: {kind: manual}\nsteps: [{id: d, kind: delay, config: {seconds: 60}}, {id: a, kind: effect, config: {name: a}}]")
	asleep := b.start(slow, nil)
	b.drain()
	working := b.start(def(t, "trigger: {kind: manual}\nsteps: [{id: a, kind: effect, config: {name: during}}, {id: b, kind: effect, config: {name: after}}]"), nil)
	cancel := func(run uuid.UUID) {
		b.system(func(ctx context.Context, tx pgx.Tx) error { return b.engine.Cancel(ctx, tx, run) })
	}
	b.world.stop = func(name string) {
		if name == "during" {
			cancel(working)
		}
	}
	b.drain()
	cancel(asleep)
	b.pass(2 * time.Minute)
	if b.see(asleep).State != engine.Canceled || b.see(working).State != engine.Canceled || fmt.Sprint(b.world.arrived) != "[during]" {
		t.Fatalf("%s %s %v", b.see(asleep).State, b.see(working).State, b.world.arrived)
	}
	if len(b.see(working).Output) != 0 {
		t.Error("a step was recorded after its run was canceled")
	}
	if in, held := b.lane(); in != 0 || held != 0 {
		t.Errorf("the lane holds %d, %d", in, held)
	}
}

func TestTwoJobsOfOneRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(def(t, "trigger: {kind: manual}\nsteps: [{id: a, kind: effect, config: {name: a}}, {id: b, kind: effect, config: {name: b}}]"), nil)
	again := false
	b.world.stop = func(name string) {
		if name == "a" && !again { // the first job is thought dead while it works
			again = true
			if err := b.engine.Advance(t.Context(), run); err != nil {
				t.Error(err)
			}
		}
	}
	b.drain()
	got := b.see(run)
	if got.State != engine.Succeeded || asJSON(got.Output["a"]) != `{"name":"a","nth":1}` || fmt.Sprint(b.world.arrived) != "[a b a]" || len(b.world.tokens) != 2 {
		t.Fatalf("%+v %v: delivered twice with one token, recorded once, and the late one goes no further", got, b.world.arrived)
	}
}

func TestNeverRepeat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(def(t, "trigger: {kind: manual}\nsteps: [{id: a, kind: effect, config: {name: pay}, never_repeat: true}, {id: b, kind: effect, config: {name: b}}]"), nil)
	b.world.stop = func(name string) {
		b.world.stop = nil
		if err := b.engine.Advance(t.Context(), run); err != nil { // another takes the run in the middle of the step
			t.Error(err)
		}
	}
	b.drain()
	if got := b.see(run); got.State != engine.Waiting || fmt.Sprint(b.world.arrived) != "[pay]" {
		t.Fatalf("%+v %v", got, b.world.arrived)
	}
	b.system(func(ctx context.Context, tx pgx.Tx) error {
		return b.engine.Decide(ctx, tx, run, "a", step.WaitUnknown, map[string]any{"as": "done", "output": map[string]any{"paid": true}})
	})
	b.drain()
	if got := b.see(run); got.State != engine.Succeeded || asJSON(got.Output["a"]) != `{"paid":true}` || fmt.Sprint(b.world.arrived) != "[pay b]" {
		t.Fatalf("%+v %v", got, b.world.arrived)
	}
}

func TestALongRunMakesRoom(t *testing.T) {
	t.Parallel()
	b := setup(t)
	run := b.start(def(t, `
trigger: {kind: manual}
steps:
  - id: e
    kind: for_each
    config: {items: trigger.list, at_once: 4}
    branches: [{name: each, steps: [{id: a, kind: effect, config: {name: "${item}"}}]}]`), map[string]any{"list": slices.Repeat([]any{"x"}, 130)})
	b.drain()
	if got := b.see(run); got.State != engine.Succeeded || len(b.world.tokens) != 130 || len(b.world.arrived) != 130 {
		t.Fatalf("%s, %d arrived", got.State, len(b.world.arrived))
	}
	var epochs int
	b.system(func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT epoch FROM runs WHERE id = $1`, run).Scan(&epochs)
	})
	if epochs < 3 {
		t.Errorf("one job did all of it: %d", epochs)
	}
}
