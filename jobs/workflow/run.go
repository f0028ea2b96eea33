package workflow

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// Run of a workflow, as a list shows it.
type Run struct {
	ID           uuid.UUID
	WorkflowID   uuid.UUID
	WorkflowName string
	Number       int64
	VersionID    uuid.UUID
	Version      int
	State        engine.State
	Gate         string // where a held run stands: lane, workflow
	Cause        string
	ActorName    string
	Take         int
	StepsDone    int
	CreatedAt    time.Time
	StartedAt    *time.Time
	FinishedAt   *time.Time
	DeadlineAt   time.Time
	WorkedUS     int64
	ParentID     *uuid.UUID
	ReplayOf     *uuid.UUID
	FailedStep   string
	FailureClass fail.Class
	FailureKey   string
	FailureArgs  map[string]any
}

const runColumns = `r.id, r.workflow_id, w.name, r.number, r.version_id, v.number, CASE WHEN r.state = 'running' AND r.started_at IS NULL THEN 'queued' ELSE r.state END, r.gate, r.cause, r.actor_name, r.take, r.steps_done, r.created_at,
	r.started_at, r.finished_at, r.deadline_at, r.worked_us, r.parent_id, r.replay_of, r.failed_step, r.failure_class, r.failure_key, r.failure_args`

const runTables = `runs r JOIN workflows w ON w.id = r.workflow_id JOIN workflow_versions v ON v.id = r.version_id`

// Took is from its start to its end, or to now.
func (r Run) Took(now time.Time) time.Duration {
	switch {
	case r.StartedAt == nil:
		return 0
	case r.FinishedAt != nil:
		return r.FinishedAt.Sub(*r.StartedAt)
	default:
		return max(0, now.Sub(*r.StartedAt))
	}
}

// RunFilter picks runs; zero values pick all. Before is the id to continue below.
type RunFilter struct {
	WorkflowID uuid.UUID
	State      engine.State
	Before     uuid.UUID
	Limit      int
}

// Runs, newest first. Needs View.
func (w *Workflows) Runs(ctx context.Context, actor account.Actor, f RunFilter) (found []Run, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		const none = `'00000000-0000-0000-0000-000000000000'::uuid`
		rows, err := tx.Query(ctx, `
			SELECT `+runColumns+` FROM `+runTables+`
			WHERE r.workspace_id = current_workspace() AND ($1 = `+none+` OR r.workflow_id = $1) AND ($2 = '' OR r.state = CASE WHEN $2 = 'queued' THEN 'running' ELSE $2 END AND ($2 NOT IN ('queued', 'running') OR (r.started_at IS NULL) = ($2 = 'queued')))
			  AND ($3 = `+none+` OR r.id < $3)
			ORDER BY r.id DESC LIMIT $4`, f.WorkflowID, f.State, f.Before, max(1, min(f.Limit, 201)))
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Run])
		return err
	})
	return found, err
}

// StepRun is a finished step of a run.
type StepRun struct {
	Key          string
	Take         int
	StepID       string
	Kind         string
	State        string // canceled, caught, failed, succeeded
	Class        class.Class
	Tries        []engine.Try
	StartedAt    time.Time
	TookUS       int64
	Input        any // nil also when it is too large to come with the others
	Output       any
	FailureKey   string
	FailureArgs  map[string]any
	FailureClass fail.Class
	Large        bool // input or output was left out: Step has them
}

// Waiting is what a run waits for.
type Waiting struct {
	Key     string
	StepID  string
	Kind    step.WaitKind
	BeganAt time.Time
	WakeAt  *time.Time
	RefID   *uuid.UUID
	Input   any
	Hash    string
	Class   class.Class
	Tries   []engine.Try
}

// RunDetail is all there is to see of a run. Of a run of many steps the newest
// MostSteps are there.
type RunDetail struct {
	Run
	AuthorID   *uuid.UUID // of the version
	Definition flow.Definition
	Input      any
	Output     any
	Steps      []StepRun
	Waits      []Waiting
}

// MostSteps of a run that a page shows; the inputs and outputs of these that are
// larger than largeValue bytes, as they are kept, are left out.
const (
	MostSteps  = 500
	largeValue = 16 << 10
)

const stepColumns = `key, take, step_id, kind, state, class, tries, started_at, took_us, input, output, failure_key, coalesce(failure_args -> 'args', '{}'), failure_class`

// outcomes of the run $1: its finished steps, and what it waited for when it was
// ended from outside.
const outcomes = `(
	SELECT key, take, step_id, kind, state, class, tries, started_at, took_us, input, output, failure_key, failure_args, failure_class
	FROM run_steps WHERE run_id = $1
	UNION ALL
	SELECT q.key, q.take, q.step_id, '', 'canceled', q.class, q.tries, q.began_at,
		greatest(0, extract(epoch FROM r.finished_at - q.began_at) * 1000000)::bigint, q.input, NULL, '', NULL, ''
	FROM run_waits q JOIN runs r ON r.id = q.run_id
	WHERE q.run_id = $1 AND q.state = 'closed' AND q.answer @> '{"canceled": true}' AND r.finished_at IS NOT NULL
	  AND NOT EXISTS (SELECT FROM run_steps s WHERE s.run_id = q.run_id AND s.key = q.key AND s.take >= q.take))`

// nameKind of a step that did not come to its end: a wait is kept without.
func (s *StepRun) nameKind(d *flow.Definition) {
	if s.Kind != "" {
		return
	}
	if found, _, ok := d.Find(s.StepID); ok {
		s.Kind = found.Kind
		if s.Key == engine.UndoKey(found.ID) || strings.HasSuffix(s.Key, "/"+engine.UndoKey(found.ID)) {
			s.Kind = step.UndoPointKind
		}
	}
}

// Run needs View.
func (w *Workflows) Run(ctx context.Context, actor account.Actor, id uuid.UUID) (d RunDetail, err error) {
	if err := actor.Require(account.View); err != nil {
		return RunDetail{}, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if d.Run, err = findRun(ctx, tx, id, ""); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT r.input, r.output, v.author_id, v.definition FROM runs r JOIN workflow_versions v ON v.id = r.version_id WHERE r.id = $1`, id).
			Scan(&d.Input, &d.Output, &d.AuthorID, &d.Definition); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT `+stepColumns+`, large FROM (
				SELECT key, take, step_id, kind, state, class, tries, started_at, took_us, failure_key, failure_args, failure_class,
					CASE WHEN pg_column_size(input) <= $3 THEN input END AS input, CASE WHEN pg_column_size(output) <= $3 THEN output END AS output,
					coalesce(pg_column_size(input) > $3, false) OR coalesce(pg_column_size(output) > $3, false) AS large
				FROM `+outcomes+` o ORDER BY started_at DESC LIMIT $2) s
			ORDER BY started_at, key`, id, MostSteps, largeValue)
		if err != nil {
			return err
		}
		if d.Steps, err = pgx.CollectRows(rows, pgx.RowToStructByPos[StepRun]); err != nil {
			return err
		}
		for i := range d.Steps {
			d.Steps[i].nameKind(&d.Definition)
		}
		rows, err = tx.Query(ctx, `
			SELECT key, step_id, kind, began_at, wake_at, ref_id, input, hash, class, tries FROM run_waits
			WHERE run_id = $1 AND state = 'open' ORDER BY began_at LIMIT $2`, id, MostSteps)
		if err != nil {
			return err
		}
		d.Waits, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Waiting])
		return err
	})
	return d, err
}

// Step is the newest outcome of one step of a run, with all of its input and
// output. Needs View.
func (w *Workflows) Step(ctx context.Context, actor account.Actor, run uuid.UUID, key string) (s StepRun, err error) {
	if err := actor.Require(account.View); err != nil {
		return StepRun{}, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err := findRun(ctx, tx, run, "")
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+stepColumns+`, false FROM `+outcomes+` o WHERE key = $2 ORDER BY take DESC LIMIT 1`, run, key)
		if err != nil {
			return err
		}
		s, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[StepRun])
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		if err != nil || s.Kind != "" {
			return err
		}
		v, err := versionWhere(ctx, tx, `v.id = $1`, found.VersionID)
		s.nameKind(&v.Definition)
		return err
	})
	return s, err
}

func findRun(ctx context.Context, tx pgx.Tx, id uuid.UUID, lock string) (Run, error) {
	rows, err := tx.Query(ctx, `SELECT `+runColumns+` FROM `+runTables+` WHERE r.id = $1 `+lock, id)
	if err != nil {
		return Run{}, fmt.Errorf("find run: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Run])
	if db.NoRows(err) {
		return Run{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return r, err
}

// Start runs the live version now, also while the workflow is paused. Needs
// Operate. Conflict (workflow.fail.not_live) for one that was never published.
func (w *Workflows) Start(ctx context.Context, actor account.Actor, id uuid.UUID, input any) (engine.Started, error) {
	if err := actor.Require(account.Operate); err != nil {
		return engine.Started{}, err
	}
	found, err := w.Get(ctx, actor, id)
	if err != nil {
		return engine.Started{}, err
	}
	if found.LiveVersionID == nil {
		return engine.Started{}, fail.New(fail.Conflict, "workflow.fail.not_live")
	}
	return w.start(ctx, actor, found.ID, *found.LiveVersionID, causeOf(actor), input, uuid.Nil)
}

// Replay runs again with that input: the same version, or the live one. Needs
// Operate. NotFound when the workflow was deleted.
func (w *Workflows) Replay(ctx context.Context, actor account.Actor, run uuid.UUID, input any, live bool) (engine.Started, error) {
	if err := actor.Require(account.Operate); err != nil {
		return engine.Started{}, err
	}
	past, err := w.Run(ctx, actor, run)
	if err != nil {
		return engine.Started{}, err
	}
	found, err := w.Get(ctx, actor, past.WorkflowID)
	if err != nil {
		return engine.Started{}, err
	}
	version := past.VersionID
	if live {
		if found.LiveVersionID == nil {
			return engine.Started{}, fail.New(fail.Conflict, "workflow.fail.not_live")
		}
		version = *found.LiveVersionID
	}
	cause := engine.CauseReplay
	if past.Cause == engine.CauseTest && !live {
		cause = engine.CauseTest
	}
	return w.start(ctx, actor, past.WorkflowID, version, cause, input, run)
}

// start goes with others that start now: what it checked before can't change, as
// versions never do.
func (w *Workflows) start(ctx context.Context, actor account.Actor, id, version uuid.UUID, cause string, input any, replayOf uuid.UUID) (engine.Started, error) {
	if err := checkInput(input); err != nil {
		return engine.Started{}, err
	}
	v, err := w.versionByID(ctx, actor.Workspace, version)
	if err != nil {
		return engine.Started{}, err
	}
	return w.engine.Start(ctx, engine.New{
		Workspace: actor.Workspace, Workflow: id, Version: version, Cause: cause, ActorID: personOf(actor), ActorName: actor.Name,
		Input: input, ReplayOf: replayOf, Deadline: time.Duration(v.Definition.Settings.DeadlineMinutes) * time.Minute,
	})
}

func (w *Workflows) versionByID(ctx context.Context, workspace, id uuid.UUID) (v Version, err error) {
	err = w.db.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) error {
		v, err = versionWhere(ctx, tx, `v.id = $1`, id)
		return err
	})
	return v, err
}

func causeOf(actor account.Actor) string {
	if actor.Kind == account.KindToken {
		return engine.CauseAPI
	}
	return engine.CausePerson
}

// Cancel needs Operate. Conflict (workflow.fail.over) when the run is over.
func (w *Workflows) Cancel(ctx context.Context, actor account.Actor, run uuid.UUID) error {
	return w.onRun(ctx, actor, run, "run.canceled", func(ctx context.Context, tx pgx.Tx, _ Run) error { return w.engine.Cancel(ctx, tx, run) })
}

// Retry goes on from the step that failed. Needs Operate.
func (w *Workflows) Retry(ctx context.Context, actor account.Actor, run uuid.UUID) error {
	return w.onRun(ctx, actor, run, "run.retried", func(ctx context.Context, tx pgx.Tx, _ Run) error { return w.engine.Retry(ctx, tx, run) })
}

// CancelStep ends what a step of the run waits for, other than a person. Needs
// Operate. Conflict (workflow.fail.not_waiting).
func (w *Workflows) CancelStep(ctx context.Context, actor account.Actor, run uuid.UUID, key string) error {
	return w.onRun(ctx, actor, run, "run.step_canceled", func(ctx context.Context, tx pgx.Tx, _ Run) error {
		return w.engine.CancelStep(ctx, tx, run, key, actor.Name)
	})
}

func (w *Workflows) onRun(ctx context.Context, actor account.Actor, id uuid.UUID, action string, do func(ctx context.Context, tx pgx.Tx, r Run) error) error {
	if err := actor.Require(account.Operate); err != nil {
		return err
	}
	return w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err := findRun(ctx, tx, id, "")
		if err != nil {
			return err
		}
		if err := do(ctx, tx, r); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, w.clock.Now(), audit.Event{Action: action, SubjectKind: "run", SubjectID: id.String(), SubjectName: fmt.Sprintf("%s %d", r.WorkflowName, r.Number)})
	})
}
