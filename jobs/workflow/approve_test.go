package workflow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/engine"
)

// approve says yes to what a run asks.
func (l *line) approve(run uuid.UUID) {
	l.t.Helper()
	q := l.question(run)
	must(l.t, l.Decide(l.t.Context(), l.owner, run, q.Key, workflow.Decision{Hash: q.Hash, Yes: true}))
	l.drain()
}

const pay = `{trigger: {kind: manual}, steps: [{id: a, kind: danger, config: {to: "${trigger.to}"}}]}`

func to(name string) map[string]any { return map[string]any{"to": name} }

func TestApprovals(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx, id := t.Context(), l.live(pay)
	t.Run("a question says exactly what will run", func(t *testing.T) {
		q := l.question(l.run(id, to("ann")))
		input, _ := q.Input.(map[string]any)
		if q.StepID != "a" || q.Class != class.C || input["to"] != "ann" || len(q.Hash) != 64 || q.ExpiresAt == nil || q.WorkflowID != id {
			t.Errorf("%+v", q)
		}
	})
	t.Run("a viewer can't approve", func(t *testing.T) {
		run := l.run(id, to("viewer"))
		q := l.question(run)
		err := l.Decide(ctx, l.as(account.RoleViewer), run, q.Key, workflow.Decision{Hash: q.Hash, Yes: true})
		refused(t, err, fail.Forbidden, "fail.forbidden")
	})
	t.Run("what was not seen is not approved", func(t *testing.T) {
		run, other := l.run(id, to("x")), l.run(id, to("y"))
		err := l.Decide(ctx, l.owner, run, "a", workflow.Decision{Hash: l.question(other).Hash, Yes: true})
		refused(t, err, fail.Conflict, "workflow.fail.other_hash")
	})
	t.Run("a no needs a reason, and fails the step with it", func(t *testing.T) {
		run := l.run(id, to("bob"))
		q := l.question(run)
		refused(t, l.Decide(ctx, l.owner, run, q.Key, workflow.Decision{Hash: q.Hash, Reason: " "}), fail.Invalid, "fail.form")
		refused(t, l.Decide(ctx, l.owner, run, q.Key, workflow.Decision{Hash: q.Hash, Reason: strings.Repeat("x", 1001)}), fail.Invalid, "fail.form")
		must(t, l.Decide(ctx, l.owner, run, q.Key, workflow.Decision{Hash: q.Hash, Reason: "too much"}))
		l.drain()
		got := l.see(run)
		if got.State != engine.Failed || got.FailureKey != "workflow.fail.rejected" || got.FailureArgs["reason"] != "too much" || got.FailureArgs["by"] != l.owner.Name {
			t.Errorf("%+v", got.Run)
		}
	})
	t.Run("only the first answer counts", func(t *testing.T) {
		run := l.run(id, to("eve"))
		q := l.question(run)
		l.approve(run)
		refused(t, l.Decide(ctx, l.owner, run, q.Key, workflow.Decision{Hash: q.Hash, Reason: "no"}), fail.Conflict, "workflow.fail.decided")
		if !slices.Contains(l.arrived, "eve") || l.see(run).State != engine.Succeeded {
			t.Error(l.arrived)
		}
	})
	t.Run("nobody's answer is a no", func(t *testing.T) {
		run := l.run(id, to("late"))
		q := l.question(run)
		l.pass(25 * time.Hour)
		must(t, l.Engine().Sweep(ctx))
		l.drain()
		if got := l.see(run); got.State != engine.Failed || got.FailureKey != "workflow.fail.expired" {
			t.Errorf("%+v", got.Run)
		}
		refused(t, l.Decide(ctx, l.owner, run, q.Key, workflow.Decision{Hash: q.Hash, Yes: true}), fail.Conflict, "workflow.fail.decided")
	})
	t.Run("nothing went out that nobody allowed", func(t *testing.T) {
		if !slices.Equal(l.arrived, []string{"eve"}) {
			t.Error(l.arrived)
		}
	})
}

func TestAnAuthorDoesNotApproveTheirOwnStep(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	id := l.live(`{trigger: {kind: manual}, steps: [{id: a, kind: danger, config: {to: x}, approval: {not_author: true}}]}`)
	run := l.run(id, nil)
	q := l.question(run)
	yes := workflow.Decision{Hash: q.Hash, Yes: true}
	refused(t, l.Decide(t.Context(), l.owner, run, q.Key, yes), fail.Forbidden, "workflow.fail.own_step")
	must(t, l.Decide(t.Context(), l.as(account.RoleOperator), run, q.Key, yes))
	l.drain()
	if l.see(run).State != engine.Succeeded {
		t.Error("the other's word did not count")
	}
}

func TestAlwaysAllow(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx, id := t.Context(), l.live(pay)
	run := l.run(id, to("ann"))
	q := l.question(run)
	always := workflow.Decision{Hash: q.Hash, Yes: true, Always: true}
	refused(t, l.Decide(ctx, l.as(account.RoleAdmin), run, q.Key, always), fail.Forbidden, "fail.forbidden")
	must(t, l.Decide(ctx, l.owner, run, q.Key, always))
	l.drain()
	t.Run("exactly this effect asks no more", func(t *testing.T) {
		if l.see(l.run(id, to("ann"))).State != engine.Succeeded {
			t.Error("it asked again")
		}
	})
	t.Run("another does, and so does another workflow", func(t *testing.T) {
		if l.see(l.run(id, to("bob"))).State != engine.Waiting || l.see(l.run(l.live(pay), to("ann"))).State != engine.Waiting {
			t.Error("it went out without a word")
		}
	})
	if !slices.Equal(l.arrived, []string{"ann", "ann"}) {
		t.Error(l.arrived)
	}
}
