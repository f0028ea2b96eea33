package workflow_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// figures is a workflow with a past.
type figures struct {
	t         *testing.T
	db        *db.DB
	clock     *clock.Clock
	workflows *workflow.Workflows
	owner     account.Actor
	id        uuid.UUID
	version   uuid.UUID
}

func newFigures(t *testing.T) *figures {
	t.Helper()
	d := dbtest.New(t)
	log := slog.New(slog.DiscardHandler)
	q, err := queue.New(d, log)
	if err != nil {
		t.Fatal(err)
	}
	language, err := expr.New()
	if err != nil {
		t.Fatal(err)
	}
	f := &figures{t: t, db: d, clock: &clock.Clock{}, owner: dbtest.Workspace(t, d)}
	compiler := &engine.Compiler{Language: language, Registry: step.NewRegistry(step.Log())}
	f.workflows = workflow.New(d, f.clock, nil, engine.NewEngine(d, q, f.clock, log, compiler))
	draft := flow.Definition{Steps: []flow.Step{{ID: "say", Kind: "log", Config: map[string]any{"message": "hello"}}}, Settings: flow.Settings{SavesMinutes: 5}}
	if f.id, err = f.workflows.Create(t.Context(), f.owner, "Greeting", "", draft); err != nil {
		t.Fatal(err)
	}
	v, err := f.workflows.Publish(t.Context(), f.owner, f.id, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	f.version = v.ID
	return f
}

// ran adds a run that ended so long ago and took so long.
func (f *figures) ran(ago, took time.Duration, state engine.State, cause, failure string) {
	f.t.Helper()
	end := f.clock.Now().Add(-ago)
	err := f.db.AsSystem(f.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		id := db.NewID()
		if _, err := tx.Exec(ctx, `
			INSERT INTO runs (id, workspace_id, workflow_id, version_id, number, state, cause, input, created_at, started_at, finished_at, deadline_at, failure_key)
			VALUES ($1, $2, $3, $4, 1, $5, $6, 'null', $7, $7, $8, $8, $9)`, id, f.owner.Workspace, f.id, f.version, state, cause, end.Add(-took), end, failure); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO run_step_rows (run_id, key, take, workspace_id, step_id, kind, state, started_at, took_us) VALUES ($1, 'say', 1, $2, 'say', 'log', 'succeeded', $3, $4)`,
			id, f.owner.Workspace, end, took.Microseconds())
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	f := newFigures(t)
	for range 9 {
		f.ran(time.Minute, 10*time.Millisecond, engine.Succeeded, engine.CausePerson, "")
	}
	f.ran(3*time.Hour, 4*time.Second, engine.Succeeded, engine.CauseSchedule, "")
	f.ran(26*time.Hour, time.Second, engine.Failed, engine.CauseSchedule, "dial.fail.timeout")
	f.ran(26*time.Hour, time.Second, engine.Failed, engine.CauseTest, "dial.fail.timeout")
	f.ran(40*24*time.Hour, time.Second, engine.Canceled, engine.CauseAPI, "")
	for range 2 { // a repeated sweep changes nothing
		if err := f.workflows.SweepHours(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	week, err := f.workflows.Figures(t.Context(), f.owner, f.id, 7)
	if err != nil {
		t.Fatal(err)
	}
	rate, _ := week.SuccessRate()
	if week.Succeeded != 10 || week.Failed != 1 || week.Canceled != 0 || rate < 0.9 || rate > 0.92 || week.Saved != 50*time.Minute {
		t.Errorf("%+v", week)
	}
	if week.P50 < 8*time.Millisecond || week.P50 > 16*time.Millisecond || week.P95 < 2*time.Second || week.P95 > 4200*time.Millisecond {
		t.Errorf("p50 %s, p95 %s", week.P50, week.P95)
	}
	if len(week.Causes) != 1 || week.Causes[0] != (workflow.Cause{Key: "dial.fail.timeout", Count: 1}) || week.SlowestStep != "say" || len(week.PerDay) != 7 {
		t.Errorf("%+v", week)
	}
	if quarter, err := f.workflows.Figures(t.Context(), f.owner, f.id, 90); err != nil || quarter.Canceled != 1 {
		t.Errorf("%+v, %v", quarter, err)
	}
	stranger := dbtest.Workspace(t, f.db)
	if _, err := f.workflows.Figures(t.Context(), stranger, f.id, 7); !fail.Is(err, fail.NotFound) {
		t.Errorf("another workspace sees it: %v", err)
	}
}

func TestOldHistoryGoes(t *testing.T) {
	t.Parallel()
	f := newFigures(t)
	f.ran(89*24*time.Hour, time.Second, engine.Succeeded, engine.CausePerson, "")
	f.ran(91*24*time.Hour, time.Second, engine.Succeeded, engine.CausePerson, "")
	if err := f.workflows.SweepHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	var runs, steps int
	err := f.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM run_steps)`).Scan(&runs, &steps)
	})
	if err != nil || runs != 1 || steps != 1 {
		t.Errorf("%d runs, %d steps, %v", runs, steps, err)
	}
}
