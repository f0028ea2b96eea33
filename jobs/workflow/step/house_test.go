package step_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/assist"
	"levqor/jobs/config"
	"levqor/jobs/credential"
	"levqor/jobs/db"
	"levqor/jobs/drill"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/mail"
	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// house is a real house with every kind of step, and the engine that runs them.
type house struct {
	*drilltest.House
	t           *testing.T
	engine      *engine.Engine
	credentials *credential.Credentials
	drills      *drill.Drills
	restores    *restore.Restores
	mails       *mail.Mails
	alerts      *alert.Alerts
	assist      *assist.Assist
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseAsking(t, assist.Options{})
}

// newHouseAsking is a house with an AI service.
func newHouseAsking(t *testing.T, ai assist.Options) *house {
	t.Helper()
	h := &house{House: drilltest.NewHouse(t), t: t}
	cfg := config.Config{Dev: true, BaseURL: "https://backup.example"}
	h.credentials = credential.New(h.DB, h.Clock, h.Box)
	h.drills = drill.New(h.DB, h.Queue, h.Clock, h.Box, h.Runner, h.Vaults, h.Sources, drill.Options{DataDir: h.DataDir})
	h.restores = restore.New(h.DB, h.Queue, h.Clock, h.Box, h.Runner, h.Vaults, h.Sources, h.Backups, h.Options)
	h.mails = mail.New(h.DB, h.Queue, h.Clock, h.Box, cfg)
	h.alerts = alert.New(h.DB, h.Clock, h.mails)
	h.assist = assist.New(h.DB, h.Queue, h.Clock, h.Runner, ai)
	language, err := expr.New()
	if err != nil {
		t.Fatal(err)
	}
	deps := step.Deps{
		Accounts: account.New(h.DB, h.Clock, h.mails, cfg), Alerts: h.alerts, Assist: h.assist, Backups: h.Backups, BaseURL: cfg.BaseURL, Credentials: h.credentials,
		Drills: h.drills, Guard: h.Options.Dial, Mails: h.mails, Restores: h.restores,
		StartRun: func(ctx context.Context, tx pgx.Tx, call step.Call, workflow uuid.UUID, input any) (uuid.UUID, int64, error) {
			return h.engine.StartChild(ctx, tx, call, workflow, input)
		},
	}
	compiler := &engine.Compiler{Language: language, Registry: step.NewRegistry(step.All(deps)...)}
	h.engine = engine.NewEngine(h.DB, h.Queue, h.Clock, slog.New(slog.DiscardHandler), compiler)
	return h
}

// folder adds a source of two small files, with a plan and one backup.
func (h *house) folder(name string) (sourceID, plan, snapshot uuid.UUID) {
	h.t.Helper()
	dir := filepath.Join(h.Root, name)
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "a.txt"), []byte("first"), 0o644),
		os.WriteFile(filepath.Join(dir, "b.txt"), []byte("second"), 0o644)); err != nil {
		h.t.Fatal(err)
	}
	sourceID = h.Source(name, source.Config{Folder: &folder.Config{Path: dir}}, "")
	plan = h.Plan(sourceID)
	_, snapshot = h.Backup(plan)
	return sourceID, plan, snapshot
}

// publish makes a workflow with one live version of these steps.
func (h *house) publish(steps string, args ...any) (workflow, version uuid.UUID) {
	h.t.Helper()
	text := "trigger: {kind: manual}\nsteps:\n" + fmt.Sprintf(steps, args...)
	d, err := flow.ParseYAML([]byte(text))
	if err != nil {
		h.t.Fatalf("%v\n%s", err, text)
	}
	if _, problems := h.engine.Compiler().Compile(d); problems != nil {
		h.t.Fatalf("%+v\n%s", problems, text)
	}
	workflow, version = db.NewID(), db.NewID()
	h.Exec(`INSERT INTO workflows (id, workspace_id, name, draft, draft_at, live_version_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $5)`,
		workflow, h.Actor.Workspace, workflow.String(), d, h.Clock.Now(), version)
	h.Exec(`INSERT INTO workflow_versions (id, workspace_id, workflow_id, number, definition, author_name, created_at) VALUES ($1, $2, $3, 1, $4, 'Olive', $5)`,
		version, h.Actor.Workspace, workflow, d, h.Clock.Now())
	return workflow, version
}

// run starts the steps and goes on until nothing more happens by itself.
func (h *house) run(steps string, args ...any) uuid.UUID {
	h.t.Helper()
	workflow, version := h.publish(steps, args...)
	return h.start(workflow, version, nil)
}

func (h *house) start(workflow, version uuid.UUID, input any) uuid.UUID {
	h.t.Helper()
	started, err := h.engine.Start(h.t.Context(), engine.New{
		Workspace: h.Actor.Workspace, Workflow: workflow, Version: version, Cause: engine.CausePerson, Input: input})
	if err != nil {
		h.t.Fatal(err)
	}
	h.drain()
	return started.ID
}

// drain advances whatever has a job, as workers would, until nothing has.
func (h *house) drain() {
	h.t.Helper()
	for {
		var queued []uuid.UUID
		h.system(func(ctx context.Context, tx pgx.Tx) error {
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
			if err := h.engine.Advance(h.t.Context(), id); err != nil {
				h.t.Fatal(err)
			}
		}
	}
}

func (h *house) system(fn func(ctx context.Context, tx pgx.Tx) error) {
	h.t.Helper()
	if err := h.DB.AsSystem(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// pass lets time go by, and the sweep see it.
func (h *house) pass(d time.Duration) {
	h.t.Helper()
	h.Clock.Shift(h.Clock.Offset() + d)
	if err := h.engine.Sweep(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.drain()
}

// task is the queued task of that kind; perform does it, and its end wakes whoever waits.
func (h *house) perform(kind string, perform func(ctx context.Context, id uuid.UUID) error) uuid.UUID {
	h.t.Helper()
	var id uuid.UUID
	h.Row(`SELECT id FROM tasks WHERE kind = $1 AND state = 'queued'`, kind).To(&id)
	if err := perform(h.t.Context(), id); err != nil {
		h.t.Fatal(err)
	}
	h.system(func(ctx context.Context, tx pgx.Tx) error {
		return h.engine.TaskEnded(ctx, tx, id, map[string]any{"state": "over"})
	})
	h.drain()
	return id
}

// seen is how a run stands.
type seen struct {
	State   engine.State
	Failure string
	Args    map[string]any
	Output  map[string]map[string]any // of the steps, by key
}

func (h *house) see(run uuid.UUID) seen {
	h.t.Helper()
	s := seen{Output: map[string]map[string]any{}}
	h.Row(`SELECT state, failure_key, failure_args FROM runs WHERE id = $1`, run).To(&s.State, &s.Failure, &s.Args)
	h.system(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT key, output FROM run_steps WHERE run_id = $1 AND output IS NOT NULL`, run)
		if err != nil {
			return err
		}
		var key string
		var output map[string]any
		_, err = pgx.ForEachRow(rows, []any{&key, &output}, func() error {
			s.Output[key] = output
			output = nil
			return nil
		})
		return err
	})
	return s
}

// ends fails the test unless the run went well, and gives the outputs.
func (h *house) ends(run uuid.UUID) map[string]map[string]any {
	h.t.Helper()
	got := h.see(run)
	if got.State != engine.Succeeded {
		h.t.Fatalf("%+v", got)
	}
	return got.Output
}

// fails fails the test unless the run failed with that.
func (h *house) fails(run uuid.UUID, key string) seen {
	h.t.Helper()
	got := h.see(run)
	if got.State != engine.Failed || got.Failure != key {
		h.t.Fatalf("want %s: %+v", key, got)
	}
	return got
}

// waits fails the test unless the run waits for one thing of that kind, and gives
// its class and what it shows.
func (h *house) waits(run uuid.UUID, kind step.WaitKind) (class string, input map[string]any) {
	h.t.Helper()
	if got := h.see(run); got.State != engine.Waiting {
		h.t.Fatalf("%+v", got)
	}
	h.Row(`SELECT class, input FROM run_waits WHERE run_id = $1 AND state = 'open' AND kind = $2`, run, kind).To(&class, &input)
	return class, input
}

// decide answers the question of a run's step.
func (h *house) decide(run uuid.UUID, key string, approved bool) {
	h.t.Helper()
	err := h.DB.InWorkspace(h.t.Context(), h.Actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return h.engine.Decide(ctx, tx, run, key, step.WaitApproval, map[string]any{"approved": approved, "by": "Vera", "reason": "because"})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.drain()
}
