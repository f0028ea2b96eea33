package workflow_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
)

const tried = `
trigger: {kind: manual}
steps:
  - {id: sum, kind: transform, config: {values: {total: "${trigger.n * 2.0}"}}}
  - {id: call, kind: danger, config: {to: "${steps.sum.total}"}, pin: {to: pinned}}
  - id: each
    kind: for_each
    config: {items: trigger.list, collect: steps.line.message}
    branches: [{name: each, steps: [{id: line, kind: log, config: {message: "${item.name}: ${steps.sum.total}, ${steps.call.to}"}}]}]
`

func outputOf(d workflow.RunDetail, stepID string) (output map[string]any) {
	for _, s := range d.Steps {
		if s.StepID == stepID {
			output, _ = s.Output.(map[string]any)
		}
	}
	return output
}

func TestTry(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx, id := t.Context(), l.create(tried)
	try := func(stepID string, sample workflow.Sample) workflow.RunDetail {
		t.Helper()
		started, err := l.Try(ctx, l.owner, id, 1, stepID, sample)
		must(t, err)
		l.drain()
		return l.see(started.ID)
	}
	input := map[string]any{"n": 2.0, "list": []any{map[string]any{"name": "Ana"}}}

	t.Run("by those who may not, or of an old draft", func(t *testing.T) {
		_, err := l.Try(ctx, l.as(account.RoleOperator), id, 1, "", workflow.Sample{})
		refused(t, err, fail.Forbidden, "fail.forbidden")
		_, err = l.Try(ctx, l.owner, id, 7, "", workflow.Sample{})
		refused(t, err, fail.Conflict, "workflow.fail.stale")
		_, err = l.Try(ctx, l.owner, id, 1, "nobody", workflow.Sample{})
		refused(t, err, fail.NotFound, "workflow.fail.unknown_step")
		_, err = l.Try(ctx, l.owner, id, 1, "line", workflow.Sample{}) // reads what the sample has not
		refused(t, err, fail.Invalid, "workflow.fail.problems")
	})
	t.Run("the draft runs with what is pinned", func(t *testing.T) {
		got := try("", workflow.Sample{Trigger: input})
		if got.State != engine.Succeeded || got.Cause != engine.CauseTest || len(l.arrived) != 0 {
			t.Fatalf("%+v, %v arrived", got.Run, l.arrived)
		}
		if line := outputOf(got, "line"); line["message"] != "Ana: 4, pinned" {
			t.Errorf("%v", line)
		}
	})
	t.Run("one step runs with the sample's data, its pin aside", func(t *testing.T) {
		got := try("call", workflow.Sample{Steps: map[string]any{"sum": map[string]any{"total": 9.0}}})
		if got.State != engine.Waiting || len(got.Waits) != 1 {
			t.Fatalf("%+v: what asks people asks here too", got.Run)
		}
		must(t, l.Decide(ctx, l.owner, got.ID, "call", workflow.Decision{Hash: got.Waits[0].Hash, Yes: true}))
		l.drain()
		if l.see(got.ID).State != engine.Succeeded || len(l.arrived) != 1 || l.arrived[0] != "9" {
			t.Errorf("%v arrived", l.arrived)
		}
	})
	t.Run("a step of a loop has an item", func(t *testing.T) {
		got := try("line", workflow.Sample{Steps: map[string]any{"sum": map[string]any{"total": 1.0}, "call": map[string]any{"to": "x"}}, Item: map[string]any{"name": "Leo"}})
		if line := outputOf(got, "line"); line["message"] != "Leo: 1, x" {
			t.Errorf("%v", line)
		}
	})
	t.Run("tests are neither versions nor figures", func(t *testing.T) {
		versions, err := l.Versions(ctx, l.owner, id)
		must(t, err)
		published, err := l.Publish(ctx, l.owner, id, 1, "")
		must(t, err)
		must(t, l.SweepHours(ctx))
		figures, err := l.Figures(ctx, l.owner, id, 7)
		must(t, err)
		if len(versions) != 0 || published.Number != 1 || figures.Succeeded != 0 {
			t.Errorf("%d versions, then number %d, %d runs counted", len(versions), published.Number, figures.Succeeded)
		}
	})
	t.Run("before any run the sample names what is needed", func(t *testing.T) {
		got, err := l.Sample(ctx, l.owner, id, "line")
		must(t, err)
		if sum, ok := got.Steps["sum"].(map[string]any); !ok || len(sum) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("the sample is what the last run had, and what is pinned", func(t *testing.T) {
		l.broken["4"] = true
		run := l.run(id, input)
		must(t, l.Decide(ctx, l.owner, run, "call", workflow.Decision{Hash: l.question(run).Hash, Yes: true}))
		l.drain()
		got, err := l.Sample(ctx, l.owner, id, "line")
		must(t, err)
		sum, call := got.Steps["sum"].(map[string]any), got.Steps["call"].(map[string]any)
		if sum["total"] != 4.0 || call["to"] != "pinned" || got.Item == nil || got.Trigger.(map[string]any)["n"] != 2.0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("what was tested is forgotten with its runs", func(t *testing.T) {
		l.clock.Shift(130 * 24 * time.Hour)
		must(t, l.SweepHistory(ctx))
		left := 0
		must(t, l.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM workflow_versions WHERE number < 0`).Scan(&left)
		}))
		if left != 0 {
			t.Errorf("%d are left", left)
		}
	})
}
