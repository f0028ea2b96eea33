package workflow_test

import (
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
)

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx := t.Context()
	id := l.live("trigger: {kind: webhook}\nsteps: [{id: a, kind: danger, config: {to: bank}}]")
	run := l.run(id, nil)
	asked := l.question(run)
	no := workflow.Decision{Hash: asked.Hash, Reason: "no"}
	acts := []struct {
		name  string
		power account.Power
		do    func(a account.Actor) error
	}{
		{"lists workflows", account.View, func(a account.Actor) error { _, err := l.List(ctx, a); return err }},
		{"reads one", account.View, func(a account.Actor) error { _, err := l.Get(ctx, a, id); return err }},
		{"lists runs", account.View, func(a account.Actor) error { _, err := l.Runs(ctx, a, workflow.RunFilter{Limit: 1}); return err }},
		{"reads a run", account.View, func(a account.Actor) error { _, err := l.Run(ctx, a, run); return err }},
		{"reads versions", account.View, func(a account.Actor) error { _, err := l.Versions(ctx, a, id); return err }},
		{"lists questions", account.View, func(a account.Actor) error { _, err := l.Questions(ctx, a); return err }},
		{"counts questions", account.View, func(a account.Actor) error { _, err := l.CountQuestions(ctx, a); return err }},
		{"starts", account.Operate, func(a account.Actor) error { _, err := l.Start(ctx, a, id, nil); return err }},
		{"replays", account.Operate, func(a account.Actor) error { _, err := l.Replay(ctx, a, run, nil, false); return err }},
		{"retries", account.Operate, func(a account.Actor) error { return l.Retry(ctx, a, run) }},
		{"cancels", account.Operate, func(a account.Actor) error { return l.Cancel(ctx, a, l.run(id, nil)) }},
		{"pauses", account.Operate, func(a account.Actor) error { return l.Pause(ctx, a, id) }},
		{"resumes", account.Operate, func(a account.Actor) error { return l.Resume(ctx, a, id) }},
		{"decides", account.Operate, func(a account.Actor) error { return l.Decide(ctx, a, run, asked.Key, no) }},
		{"allows for good", account.Own, func(a account.Actor) error {
			return l.Decide(ctx, a, run, asked.Key, workflow.Decision{Hash: asked.Hash, Yes: true, Always: true})
		}},
		{"creates", account.Manage, func(a account.Actor) error {
			_, err := l.Create(ctx, a, uuid.NewString(), "", flow.Definition{})
			return err
		}},
		{"renames", account.Manage, func(a account.Actor) error { return l.Rename(ctx, a, id, "Bank "+uuid.NewString(), "") }},
		{"edits", account.Manage, func(a account.Actor) error {
			_, err := l.Edit(ctx, a, id, 9, flow.Op{Kind: flow.Delete, ID: "a"})
			return err
		}},
		{"publishes", account.Manage, func(a account.Actor) error { _, err := l.Publish(ctx, a, id, 9, ""); return err }},
		{"sees its address", account.Manage, func(a account.Actor) error { _, err := l.Address(ctx, a, id); return err }},
		{"deletes", account.Manage, func(a account.Actor) error { return l.Delete(ctx, a, l.live(hello)) }},
	}
	for _, role := range []account.Role{"", account.RoleViewer, account.RoleOperator, account.RoleAdmin, account.RoleOwner} {
		for _, act := range acts {
			actor := l.as(role)
			if err := act.do(actor); fail.Is(err, fail.Forbidden) == actor.Can(act.power) {
				t.Errorf("%q %s: %v", role, act.name, err)
			}
		}
	}
}

func TestAnotherWorkspaceFindsNothing(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx, stranger := t.Context(), dbtest.Workspace(t, l.db)
	id := l.live("trigger: {kind: manual}\nsteps: [{id: a, kind: danger, config: {to: bank}}]")
	run := l.run(id, nil)
	asked := l.question(run)
	for name, do := range map[string]func() error{
		"cancel": func() error { return l.Cancel(ctx, stranger, run) },
		"decide": func() error {
			return l.Decide(ctx, stranger, run, asked.Key, workflow.Decision{Hash: asked.Hash, Yes: true})
		},
		"delete":   func() error { return l.Delete(ctx, stranger, id) },
		"edit":     func() error { _, err := l.Edit(ctx, stranger, id, 1, flow.Op{Kind: flow.Delete, ID: "a"}); return err },
		"get":      func() error { _, err := l.Get(ctx, stranger, id); return err },
		"publish":  func() error { _, err := l.Publish(ctx, stranger, id, 1, ""); return err },
		"replay":   func() error { _, err := l.Replay(ctx, stranger, run, nil, true); return err },
		"retry":    func() error { return l.Retry(ctx, stranger, run) },
		"run":      func() error { _, err := l.Run(ctx, stranger, run); return err },
		"start":    func() error { _, err := l.Start(ctx, stranger, id, nil); return err },
		"versions": func() error { _, err := l.Versions(ctx, stranger, id); return err },
	} {
		if err := do(); !fail.Is(err, fail.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := l.Questions(ctx, stranger); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
	if runs, err := l.Runs(ctx, stranger, workflow.RunFilter{WorkflowID: id, Limit: 10}); err != nil || len(runs) != 0 {
		t.Error(runs, err)
	}
	if n, err := l.CountQuestions(ctx, stranger); err != nil || n != 0 {
		t.Error(n, err)
	}
	if n, err := l.CountQuestions(ctx, l.owner); err != nil || n != 1 {
		t.Error(n, err)
	}
}
