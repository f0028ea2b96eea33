package workflow_test

import (
	"slices"
	"testing"

	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

func TestRetry(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx := t.Context()
	t.Run("only a failed run is taken up again", func(t *testing.T) {
		refused(t, l.Retry(ctx, l.owner, l.run(l.live(hello), nil)), fail.Conflict, "workflow.fail.not_failed")
	})
	t.Run("it goes on from the step that failed, which was tried and asks again", func(t *testing.T) {
		id := l.live(`{trigger: {kind: manual}, steps: [{id: a, kind: danger, config: {to: one}}, {id: b, kind: danger, config: {to: two}}]}`)
		l.broken["two"] = true
		run := l.run(id, nil)
		l.approve(run)
		l.approve(run)
		if got := l.see(run); got.State != engine.Failed || got.FailedStep != "b" {
			t.Fatalf("%+v", got.Run)
		}
		for range 2 {
			must(t, l.Retry(ctx, l.owner, run))
			l.drain()
			if got := l.see(run); got.State != engine.Waiting || l.question(run).Key != "b" {
				t.Fatalf("%+v", got.Run)
			}
			l.approve(run)
			if got := l.see(run); got.State != engine.Failed {
				t.Fatalf("%+v", got.Run)
			}
		}
		l.broken["two"] = false
		must(t, l.Retry(ctx, l.owner, run))
		l.drain()
		l.approve(run)
		if got := l.see(run); got.State != engine.Succeeded || got.Take != 4 || got.FailureKey != "" || !slices.Equal(l.arrived, []string{"one", "two"}) {
			t.Errorf("%+v, %v", got.Run, l.arrived)
		}
	})
	t.Run("what must never be repeated and is known to have failed may be tried again", func(t *testing.T) {
		l.broken["three"] = true
		run := l.run(l.live(`{trigger: {kind: manual}, steps: [{id: a, kind: danger, never_repeat: true, config: {to: three}}]}`), nil)
		l.approve(run)
		must(t, l.Retry(ctx, l.owner, run))
		l.drain()
		if q := l.question(run); q.Kind != step.WaitApproval {
			t.Fatalf("it asks %q", q.Kind)
		}
		l.broken["three"] = false
		l.approve(run)
		if got := l.see(run); got.State != engine.Succeeded || !slices.Contains(l.arrived, "three") {
			t.Errorf("%+v, %v", got.Run, l.arrived)
		}
	})
	t.Run("after a no it asks anew", func(t *testing.T) {
		run := l.run(l.live(pay), to("again"))
		q := l.question(run)
		must(t, l.Decide(ctx, l.owner, run, q.Key, workflow.Decision{Hash: q.Hash, Reason: "not today"}))
		l.drain()
		must(t, l.Retry(ctx, l.owner, run))
		l.drain()
		l.approve(run)
		if got := l.see(run); got.State != engine.Succeeded {
			t.Errorf("%+v", got.Run)
		}
	})
}

func TestReplay(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx := t.Context()
	id := l.live(`{trigger: {kind: manual}, steps: [{id: a, kind: log, config: {message: "one ${trigger.name}"}}]}`)
	first := l.run(id, map[string]any{"name": "ann"})
	two := l.draft(`{trigger: {kind: manual}, steps: [{id: a, kind: log, config: {message: "two ${trigger.name}"}}]}`)
	edited, err := l.Edit(ctx, l.owner, id, 1, flow.Op{Kind: flow.Replace, Definition: &two})
	must(t, err)
	_, err = l.Publish(ctx, l.owner, id, edited.Revision, "")
	must(t, err)
	for live, want := range map[bool]string{false: "one bea", true: "two bea"} {
		started, err := l.Replay(ctx, l.owner, first, map[string]any{"name": "bea"}, live)
		must(t, err)
		l.drain()
		got := l.see(started.ID)
		output, _ := got.Steps[0].Output.(map[string]any)
		if output["message"] != want || got.ReplayOf == nil || *got.ReplayOf != first || got.Cause != engine.CauseReplay || got.ActorName != l.owner.Name {
			t.Errorf("live %v: %+v, %v", live, got.Run, output)
		}
	}
	t.Run("not of a deleted workflow", func(t *testing.T) {
		must(t, l.Delete(ctx, l.owner, id))
		for _, live := range []bool{false, true} {
			if _, err := l.Replay(ctx, l.owner, first, nil, live); !fail.Is(err, fail.NotFound) {
				t.Errorf("live %v: %v", live, err)
			}
		}
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx := t.Context()
	id := l.live("trigger: {kind: manual}\nsettings: {max_runs: 2}\nsteps: [{id: a, kind: danger, config: {to: x}}]")
	done := l.run(id, nil)
	l.approve(done)
	waiting, held := []int{}, 0
	for range 4 {
		l.run(id, nil)
	}
	must(t, l.Delete(ctx, l.owner, id))
	l.drain()
	for _, r := range l.runsOf(id) {
		switch r.State {
		case engine.Canceled:
			held++
		case engine.Succeeded:
		default:
			waiting = append(waiting, int(r.Number))
		}
	}
	if held != 4 || len(waiting) != 0 || l.see(done).State != engine.Succeeded || len(l.arrived) != 1 {
		t.Errorf("%d canceled, %v still open, %v", held, waiting, l.arrived)
	}
	if n, err := l.CountQuestions(ctx, l.owner); err != nil || n != 0 {
		t.Error(n, err)
	}
	if _, err := l.Start(ctx, l.owner, id, nil); !fail.Is(err, fail.NotFound) {
		t.Error(err)
	}
	refused(t, l.Cancel(ctx, l.owner, done), fail.Conflict, "workflow.fail.over")
}

func TestListOfRuns(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	id := l.live(hello)
	var want []int64
	for range 5 {
		want = append([]int64{l.see(l.run(id, nil)).Number}, want...)
	}
	started, err := l.Start(t.Context(), l.owner, id, nil)
	must(t, err)
	for state, most := range map[engine.State]int{engine.Queued: 1, engine.Running: 0, engine.Succeeded: 5, engine.Held: 0, "": 6} {
		found, err := l.Runs(t.Context(), l.owner, workflow.RunFilter{State: state, Limit: 100})
		if err != nil || len(found) != most {
			t.Errorf("%q: %d, %v", state, len(found), err)
		}
	}
	page, err := l.Runs(t.Context(), l.owner, workflow.RunFilter{Before: started.ID, Limit: 3})
	if err != nil || len(page) != 3 || page[0].Number != want[0] || page[2].Number != want[2] {
		t.Errorf("%+v, %v", page, err)
	}
}
