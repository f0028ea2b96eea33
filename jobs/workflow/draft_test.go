package workflow_test

import (
	"reflect"
	"testing"

	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
)

func logStep(id string) *flow.Step {
	return &flow.Step{ID: id, Kind: "log", Config: map[string]any{"message": id}}
}

func ids(d flow.Definition) (text string) {
	for _, s := range d.All() {
		text += s.ID
	}
	return text
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx, id := t.Context(), l.create(hello)
	add := func(revision int, name string) (string, int, error) {
		edited, err := l.Edit(ctx, l.owner, id, revision, flow.Op{Kind: flow.Insert, Index: 9, Step: logStep(name)})
		return ids(edited.Draft), edited.Revision, err
	}
	t.Run("nothing to take back at first", func(t *testing.T) {
		_, err := l.Undo(ctx, l.owner, id, 1)
		refused(t, err, fail.Conflict, "workflow.fail.no_edit")
	})
	_, revision, err := add(1, "b")
	must(t, err)
	t.Run("who looks at an old draft changes nothing", func(t *testing.T) {
		_, _, err := add(1, "x")
		refused(t, err, fail.Conflict, "workflow.fail.stale")
		_, err = l.Undo(ctx, l.owner, id, 1)
		refused(t, err, fail.Conflict, "workflow.fail.stale")
		_, err = l.Publish(ctx, l.owner, id, 1, "")
		refused(t, err, fail.Conflict, "workflow.fail.stale")
	})
	t.Run("an edit that fits nowhere changes nothing", func(t *testing.T) {
		if _, err := l.Edit(ctx, l.owner, id, revision, flow.Op{Kind: flow.Delete, ID: "zzz"}); err == nil {
			t.Error("a step that is not there was deleted")
		}
		if found, _ := l.Get(ctx, l.owner, id); found.DraftRevision != revision || ids(found.Draft) != "ab" {
			t.Error(found.DraftRevision, ids(found.Draft))
		}
	})
	t.Run("edits go back and forth", func(t *testing.T) {
		got, r, err := add(revision, "c")
		must(t, err)
		trail := got
		for _, do := range []string{"undo", "undo", "redo", "redo", "undo"} {
			go_ := l.Undo
			if do == "redo" {
				go_ = l.Redo
			}
			edited, err := go_(ctx, l.owner, id, r)
			must(t, err)
			r, trail = edited.Revision, trail+" "+ids(edited.Draft)
		}
		if trail != "abc ab a ab abc ab" {
			t.Error(trail)
		}
		if h, err := l.History(ctx, l.owner, id); err != nil || !h.Undo || !h.Redo {
			t.Error(h, err)
		}
		revision = r
	})
	t.Run("a new edit ends the way forth", func(t *testing.T) {
		got, r, err := add(revision, "d")
		must(t, err)
		_, err = l.Redo(ctx, l.owner, id, r)
		refused(t, err, fail.Conflict, "workflow.fail.no_edit")
		edited, err := l.Undo(ctx, l.owner, id, r)
		if err != nil || got != "abd" || ids(edited.Draft) != "ab" {
			t.Error(got, ids(edited.Draft), err)
		}
	})
}

func TestACopyReadsItsOwnSteps(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	id := l.create(`
trigger: {kind: manual}
steps:
  - {id: first, kind: transform, config: {values: {n: [1, 2]}}}
  - id: each
    kind: for_each
    config: {items: steps.first.n, collect: steps.b.text}
    branches:
      - name: each
        steps:
          - {id: a, kind: transform, config: {values: {b: "steps.a"}}}
          - {id: b, kind: log, config: {message: "steps.a is ${steps.a.b + steps.each.index}, $${steps.a}, first ${steps.first.n}"}}
          - id: which
            kind: switch
            branches:
              - {name: one, when: steps.a.b == "steps.a", steps: []}
              - {name: else, steps: []}`)
	check := func(edited workflow.Edited, err error) {
		t.Helper()
		must(t, err)
		twin, _, _ := edited.Draft.Find("each_2")
		inside := twin.Branches[0].Steps
		got := []any{twin.Config["items"], twin.Config["collect"], inside[1].Config["message"], inside[2].Branches[0].When}
		if wanted := []any{"steps.first.n", "steps.b_2.text", "steps.a is ${steps.a_2.b + steps.each_2.index}, $${steps.a}, first ${steps.first.n}", `steps.a_2.b == "steps.a"`}; !reflect.DeepEqual(got, wanted) {
			t.Errorf("the copy reads %v", got)
		}
		original, _, _ := edited.Draft.Find("each")
		if original.Config["collect"] != "steps.b.text" || original.Branches[0].Steps[2].Branches[0].When != `steps.a.b == "steps.a"` {
			t.Error("the original was changed")
		}
		if problems := l.Problems(edited.Draft); len(problems) > 0 {
			t.Errorf("%+v", problems)
		}
	}
	check(l.Edit(t.Context(), l.owner, id, 1, flow.Op{Kind: flow.Duplicate, ID: "each"}))
	undone, err := l.Undo(t.Context(), l.owner, id, 2)
	must(t, err)
	check(l.Redo(t.Context(), l.owner, id, undone.Revision))
}

func TestPublishing(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx := t.Context()
	t.Run("every problem is said at its field", func(t *testing.T) {
		id := l.create("trigger: {kind: schedule, config: {cron: never}}\nsteps: [{id: a, kind: log}, {id: b, kind: nonsense}, {id: c, kind: log, config: {message: \"${steps.zzz.x}\"}}]")
		_, err := l.Publish(ctx, l.owner, id, 1, "")
		refused(t, err, fail.Invalid, "workflow.fail.problems")
		got := map[string]string{}
		for _, f := range fieldsOf(err) {
			got[f.Name] = f.Key
		}
		for name, key := range map[string]string{"steps.a.message": "workflow.fail.required.text", "steps.b": "workflow.fail.unknown_kind.text",
			"steps.c.message": "workflow.fail.unknown_step.text", "trigger.cron": "workflow.fail.schedule.text"} {
			if got[name] != key {
				t.Errorf("%s: %q in %v", name, got[name], got)
			}
		}
		_, err = l.Start(ctx, l.owner, id, nil)
		refused(t, err, fail.Conflict, "workflow.fail.not_live")
	})
	t.Run("the same twice is no new version", func(t *testing.T) {
		id := l.live(hello)
		_, err := l.Publish(ctx, l.owner, id, 1, "")
		refused(t, err, fail.Conflict, "workflow.fail.unchanged")
	})
	t.Run("a run ends with the version that it began with", func(t *testing.T) {
		id := l.live("trigger: {kind: manual}\nsteps: [{id: a, kind: danger, config: {to: bank}}, {id: b, kind: log, config: {message: one}}]")
		run := l.run(id, nil)
		two := l.draft("trigger: {kind: manual}\nsteps: [{id: b, kind: log, config: {message: two}}]")
		edited, err := l.Edit(ctx, l.owner, id, 1, flow.Op{Kind: flow.Replace, Definition: &two})
		must(t, err)
		v, err := l.Publish(ctx, l.owner, id, edited.Revision, " better ")
		if err != nil || v.Number != 2 || v.Note != "better" || v.AuthorID == nil || *v.AuthorID != l.owner.ID {
			t.Fatalf("%+v, %v", v, err)
		}
		l.approve(run)
		if got := l.see(run); got.State != engine.Succeeded || got.Version != 1 || len(got.Steps) != 2 || len(got.Definition.Steps) != 2 {
			t.Errorf("%+v", got)
		}
		if got := l.see(l.run(id, nil)); got.Version != 2 || len(got.Steps) != 1 {
			t.Errorf("%+v", got)
		}
		versions, err := l.Versions(ctx, l.owner, id)
		if err != nil || len(versions) != 2 || versions[0].Number != 2 {
			t.Errorf("%+v, %v", versions, err)
		}
		back, err := l.Restore(ctx, l.owner, id, edited.Revision, 1)
		if err != nil || ids(back.Draft) != "ab" {
			t.Error(ids(back.Draft), err)
		}
	})
}
