package workflow_test

import (
	"context"
	"errors"
	"fmt"
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
	"levqor/jobs/secret"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// line is the line of workflows on a database of its own. Its danger steps reach a
// world outside that counts what arrived, and can be broken.
type line struct {
	*workflow.Workflows
	t       testing.TB
	db      *db.DB
	clock   *clock.Clock
	owner   account.Actor
	arrived []string
	broken  map[string]bool
}

func newLine(t testing.TB) *line {
	t.Helper()
	d := dbtest.New(t)
	log := slog.New(slog.DiscardHandler)
	q, err := queue.New(d, log)
	must(t, err)
	language, err := expr.New()
	must(t, err)
	keyset, err := secret.NewKeyset()
	must(t, err)
	box, err := secret.NewBox(keyset)
	must(t, err)
	l := &line{t: t, db: d, clock: &clock.Clock{}, owner: dbtest.Workspace(t, d), broken: map[string]bool{}}
	kinds := step.NewRegistry(append(step.Steering(), step.Delay(), step.Log(), step.Transform(), l.danger())...)
	l.Workflows = workflow.New(d, l.clock, box, engine.NewEngine(d, q, l.clock, log, &engine.Compiler{Language: language, Registry: kinds}))
	return l
}

func (l *line) danger() *step.Spec {
	return &step.Spec{
		Kind: "danger", Mode: step.Outside, Timeout: time.Minute, Class: class.C, Fields: []step.Field{{Name: "to", Type: step.Text, Required: true}},
		Classify: func(context.Context, step.Call) (class.Class, error) { return class.C, nil },
		Reach:    func(config map[string]any) string { return fmt.Sprint(config["to"]) },
		Do: func(_ context.Context, call step.Call) (any, error) {
			to := fmt.Sprint(call.Config["to"])
			if l.broken[to] {
				return nil, fail.Work(nil, fail.ClassConfig, "workflow.fail.stopped", "message", to)
			}
			l.arrived = append(l.arrived, to)
			return map[string]any{"to": to}, nil
		},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused fails the test unless err is of that kind and key.
func refused(t testing.TB, err error, kind fail.Kind, key string) {
	t.Helper()
	known, _ := errors.AsType[*fail.Error](err)
	if known == nil || known.Kind != kind || known.Key != key {
		t.Errorf("%v, want %s", err, key)
	}
}

// as is somebody of that role in the owner's workspace.
func (l *line) as(role account.Role) account.Actor {
	return account.Actor{Kind: account.KindPerson, ID: db.NewID(), Name: string(role), Workspace: l.owner.Workspace, Role: role}
}

func (l *line) draft(text string) flow.Definition {
	l.t.Helper()
	d, err := flow.ParseYAML([]byte(text))
	must(l.t, err)
	return d
}

func (l *line) create(text string) uuid.UUID {
	l.t.Helper()
	id, err := l.Create(l.t.Context(), l.owner, "W "+uuid.NewString()[:8], "", l.draft(text))
	must(l.t, err)
	return id
}

// live creates a workflow and publishes it.
func (l *line) live(text string) uuid.UUID {
	l.t.Helper()
	id := l.create(text)
	_, err := l.Publish(l.t.Context(), l.owner, id, 1, "")
	must(l.t, err)
	return id
}

func (l *line) run(id uuid.UUID, input any) uuid.UUID {
	l.t.Helper()
	started, err := l.Start(l.t.Context(), l.owner, id, input)
	must(l.t, err)
	l.drain()
	return started.ID
}

func (l *line) see(run uuid.UUID) workflow.RunDetail {
	l.t.Helper()
	d, err := l.Run(l.t.Context(), l.owner, run)
	must(l.t, err)
	return d
}

func (l *line) runsOf(id uuid.UUID) []workflow.Run {
	l.t.Helper()
	found, err := l.Runs(l.t.Context(), l.owner, workflow.RunFilter{WorkflowID: id, Limit: 100})
	must(l.t, err)
	return found
}

// question is the only open one of a run.
func (l *line) question(run uuid.UUID) workflow.Question {
	l.t.Helper()
	all, err := l.Questions(l.t.Context(), l.owner)
	must(l.t, err)
	for _, q := range all {
		if q.RunID == run {
			return q
		}
	}
	l.t.Fatal("the run asks nothing")
	return workflow.Question{}
}

func (l *line) system(fn func(ctx context.Context, tx pgx.Tx) error) {
	l.t.Helper()
	must(l.t, l.db.AsSystem(l.t.Context(), fn))
}

// drain advances whatever has a job, as workers would, until nothing has.
func (l *line) drain() {
	l.t.Helper()
	for {
		var queued []uuid.UUID
		l.system(func(ctx context.Context, tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `DELETE FROM river_job WHERE kind = 'run' AND state = 'available' RETURNING (args ->> 'id')::uuid`)
			if err != nil {
				return err
			}
			queued, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		})
		if len(queued) == 0 {
			return
		}
		for _, id := range queued {
			must(l.t, l.Engine().Advance(l.t.Context(), id))
		}
	}
}

// pass lets time go by.
func (l *line) pass(d time.Duration) { l.clock.Shift(l.clock.Offset() + d) }

const hello = "trigger: {kind: manual}\nsteps: [{id: a, kind: log, config: {message: hello}}]"

func fieldsOf(err error) []fail.Field {
	if known, ok := errors.AsType[*fail.Error](err); ok {
		return known.Fields
	}
	return nil
}
