package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
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
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// bundle is an engine on a database of its own, and a world outside that its
// "effect" steps reach.
type bundle struct {
	t      testing.TB
	db     *db.DB
	clock  *clock.Clock
	engine *engine.Engine
	owner  account.Actor
	world  *world
}

// world counts what arrived, by what the step said and by its token.
type world struct {
	mu      sync.Mutex
	arrived []string
	tokens  map[string]int
	fails   map[string]int // how often the effect of that name fails yet, for a passing reason
	broken  map[string]bool
	stop    func(name string) // called before the effect arrives
}

func (w *world) do(ctx context.Context, call step.Call) (any, error) {
	name := fmt.Sprint(call.Config["name"])
	if w.stop != nil {
		w.stop(name)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.broken[name] {
		return nil, fail.Work(nil, fail.ClassConfig, "workflow.fail.stopped", "message", name)
	}
	if w.fails[name] > 0 {
		w.fails[name]--
		return nil, fail.Work(nil, fail.ClassTransient, "dial.fail.broken")
	}
	w.arrived = append(w.arrived, name)
	w.tokens[call.Token]++
	return map[string]any{"name": name, "nth": float64(len(w.arrived))}, nil
}

func newCompiler(t testing.TB, more ...*step.Spec) *engine.Compiler {
	t.Helper()
	language, err := expr.New()
	if err != nil {
		t.Fatal(err)
	}
	specs := append(step.Steering(), step.Delay(), step.Log(), step.Respond(), step.Store(), step.Transform())
	return &engine.Compiler{Language: language, Registry: step.NewRegistry(append(specs, more...)...)}
}

func (w *world) specs() []*step.Spec {
	name := []step.Field{{Name: "name", Type: step.Text, Required: true}}
	return []*step.Spec{
		{Kind: "effect", Mode: step.Outside, Fields: name, Timeout: 10 * time.Second, Tries: 3, First: time.Second, Do: w.do},
		{Kind: "danger", Mode: step.Outside, Fields: name, Timeout: 10 * time.Second, Do: w.do,
			Classify: func(context.Context, step.Call) (class.Class, error) { return class.C, nil },
			Reach:    func(config map[string]any) string { return fmt.Sprint(config["name"]) }},
	}
}

func setup(t testing.TB) *bundle {
	t.Helper()
	d := dbtest.New(t)
	return newBundle(t, d, &world{tokens: map[string]int{}, fails: map[string]int{}, broken: map[string]bool{}}, &clock.Clock{}, dbtest.Workspace(t, d))
}

func newBundle(t testing.TB, d *db.DB, w *world, c *clock.Clock, owner account.Actor) *bundle {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	q, err := queue.New(d, log)
	if err != nil {
		t.Fatal(err)
	}
	return &bundle{t: t, db: d, clock: c, owner: owner, world: w, engine: engine.NewEngine(d, q, c, log, newCompiler(t, w.specs()...))}
}

func (b *bundle) system(fn func(ctx context.Context, tx pgx.Tx) error) {
	b.t.Helper()
	if err := b.db.AsSystem(b.t.Context(), fn); err != nil {
		b.t.Fatal(err)
	}
}

// publish makes a workflow with one version.
func (b *bundle) publish(d flow.Definition) (workflow, version uuid.UUID) {
	b.t.Helper()
	if _, problems := b.engine.Compiler().Compile(d); problems != nil {
		b.t.Fatalf("%+v", problems)
	}
	workflow, version = db.NewID(), db.NewID()
	b.system(func(ctx context.Context, tx pgx.Tx) error {
		now := b.clock.Now()
		if _, err := tx.Exec(ctx, `
			INSERT INTO workflows (id, workspace_id, name, draft, draft_at, live_version_id, max_runs, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $5)`,
			workflow, b.owner.Workspace, workflow.String(), d, now, version, d.Settings.MaxRuns); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO workflow_versions (id, workspace_id, workflow_id, number, definition, author_name, created_at) VALUES ($1, $2, $3, 1, $4, 'Olive', $5)`,
			version, b.owner.Workspace, workflow, d, now)
		return err
	})
	return workflow, version
}

func (b *bundle) start(d flow.Definition, input any) uuid.UUID {
	b.t.Helper()
	workflow, version := b.publish(d)
	return b.startOf(workflow, version, input)
}

func (b *bundle) startOf(workflow, version uuid.UUID, input any) uuid.UUID {
	b.t.Helper()
	started, err := b.engine.Start(b.t.Context(), engine.New{
		Workspace: b.owner.Workspace, Workflow: workflow, Version: version, Cause: engine.CausePerson, Input: input})
	if err != nil {
		b.t.Fatal(err)
	}
	return started.ID
}

// drain advances whatever has a job, as workers would, until nothing has.
func (b *bundle) drain() {
	b.t.Helper()
	for range 10_000 {
		var queued []uuid.UUID
		b.system(func(ctx context.Context, tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `
				WITH due AS (DELETE FROM river_job WHERE kind = 'run' AND state = 'available' RETURNING id, args)
				SELECT (args ->> 'id')::uuid FROM due ORDER BY id`)
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
			if err := b.engine.Advance(b.t.Context(), id); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.t.Fatal("the runs never rest")
}

// pass lets time go by, and the sweep see it.
func (b *bundle) pass(d time.Duration) {
	b.t.Helper()
	b.clock.Shift(b.clock.Offset() + d)
	if err := errors.Join(b.engine.Sweep(b.t.Context()), b.engine.SweepDeadlines(b.t.Context())); err != nil {
		b.t.Fatal(err)
	}
	b.drain()
}

type seen struct {
	State   engine.State
	Failure string
	Step    string
	Output  map[string]any // of the steps, by key
	States  map[string]string
}

func (b *bundle) see(run uuid.UUID) seen {
	b.t.Helper()
	s := seen{Output: map[string]any{}, States: map[string]string{}}
	b.system(func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT state, failure_key, failed_step FROM runs WHERE id = $1`, run).Scan(&s.State, &s.Failure, &s.Step); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT key, state, output FROM run_steps WHERE run_id = $1 ORDER BY take`, run)
		if err != nil {
			return err
		}
		var key, state string
		var output any
		_, err = pgx.ForEachRow(rows, []any{&key, &state, &output}, func() error {
			s.Output[key], s.States[key] = output, state
			output = nil
			return nil
		})
		return err
	})
	return s
}

// lane is how many places the workspace has taken, and how many runs it holds.
func (b *bundle) lane() (inFlight, held int) {
	b.t.Helper()
	b.system(func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT in_flight, held FROM run_lanes WHERE workspace_id = $1`, b.owner.Workspace).Scan(&inFlight, &held)
	})
	return inFlight, held
}

// def reads a definition from YAML.
func def(t testing.TB, text string) flow.Definition {
	t.Helper()
	d, err := flow.ParseYAML([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return d
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
