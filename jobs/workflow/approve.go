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
	"levqor/jobs/live"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// Question is something that a person has to decide: whether a step may run as
// it is rendered, or what became of one that nobody knows the outcome of.
type Question struct {
	RunID        uuid.UUID
	Key          string
	RunNumber    int64
	WorkflowID   uuid.UUID
	WorkflowName string
	VersionID    uuid.UUID
	AuthorID     *uuid.UUID // of the version
	Definition   flow.Definition
	StepID       string
	Kind         step.WaitKind
	Class        class.Class
	Input        any
	Hash         string
	BeganAt      time.Time
	ExpiresAt    *time.Time
}

const questionColumns = `q.run_id, q.key, r.number, r.workflow_id, w.name, r.version_id, v.author_id, v.definition, q.step_id, q.kind, q.class, q.input, q.hash, q.began_at, q.wake_at`

const questionTables = `run_waits q JOIN runs r ON r.id = q.run_id JOIN workflows w ON w.id = r.workflow_id JOIN workflow_versions v ON v.id = r.version_id`

// Step that is asked about.
func (q *Question) Step() flow.Step {
	if found, _, ok := q.Definition.Find(q.StepID); ok {
		return *found
	}
	return flow.Step{ID: q.StepID}
}

// Questions that are open, the oldest first. Needs View.
func (w *Workflows) Questions(ctx context.Context, actor account.Actor) (found []Question, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+questionColumns+` FROM `+questionTables+`
			WHERE q.workspace_id = current_workspace() AND q.state = 'open' AND q.kind IN ('approval', 'unknown') ORDER BY q.began_at LIMIT 200`)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Question])
		return err
	})
	return found, err
}

// CountQuestions that wait for a person. Needs View.
func (w *Workflows) CountQuestions(ctx context.Context, actor account.Actor) (n int, err error) {
	if err := actor.Require(account.View); err != nil {
		return 0, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT count(*) FROM run_waits WHERE workspace_id = current_workspace() AND state = 'open' AND kind IN ('approval', 'unknown')`).Scan(&n)
	})
	return n, err
}

// Decision of a person. Hash is of what they saw: another one is refused.
type Decision struct {
	Hash   string
	Yes    bool   // approve; of an unknown outcome: see As
	As     string // of an unknown outcome: again, done, failed
	Reason string // needed for a no
	Always bool   // approve, and ask no more for exactly this effect
}

// Decide answers a question; the run goes on by itself. Needs Operate, Always
// needs Own. Forbidden (workflow.fail.own_step) for the author of a step that
// wants somebody else.
func (w *Workflows) Decide(ctx context.Context, actor account.Actor, run uuid.UUID, key string, d Decision) error {
	power := account.Operate
	if d.Always {
		power = account.Own
	}
	if err := actor.Require(power); err != nil {
		return err
	}
	d.Reason = strings.TrimSpace(d.Reason)
	return w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		q, err := findQuestion(ctx, tx, run, key)
		if err != nil {
			return err
		}
		if err := d.check(actor, &q); err != nil {
			return err
		}
		if d.Yes && q.Step().Kind == "restore" { // over live data: as when it is started by hand
			if err := actor.RequireStepUp(w.clock.Now()); err != nil {
				return err
			}
		}
		if d.Always {
			if err := w.trust(ctx, tx, actor, &q); err != nil {
				return err
			}
		}
		answer := map[string]any{"approved": d.Yes, "as": d.As, "by": actor.Name, "reason": d.Reason, "at": w.clock.Now()}
		if err := w.engine.Decide(ctx, tx, run, key, q.Kind, answer); err != nil {
			return err
		}
		if err := live.Notify(ctx, tx, actor.Workspace, engine.AllRuns); err != nil {
			return err
		}
		action := "approval.rejected"
		if d.Yes || q.Kind == step.WaitUnknown {
			action = "approval.given"
		}
		return audit.Write(ctx, tx, actor, w.clock.Now(), audit.Event{Action: action, SubjectKind: "run", SubjectID: run.String(),
			SubjectName: fmt.Sprintf("%s %d", q.WorkflowName, q.RunNumber), Detail: map[string]any{"step": key, "hash": q.Hash, "always": d.Always, "as": d.As}})
	})
}

func findQuestion(ctx context.Context, tx pgx.Tx, run uuid.UUID, key string) (Question, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+questionColumns+` FROM `+questionTables+`
		WHERE q.run_id = $1 AND q.key = $2 AND q.state = 'open' AND q.kind IN ('approval', 'unknown') FOR UPDATE OF r`, run, key)
	if err != nil {
		return Question{}, fmt.Errorf("find question: %w", err)
	}
	q, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Question])
	if !db.NoRows(err) {
		return q, err
	}
	if _, err := findRun(ctx, tx, run, ""); err != nil {
		return Question{}, err
	}
	return Question{}, fail.New(fail.Conflict, "workflow.fail.decided")
}

func (d Decision) check(actor account.Actor, q *Question) error {
	asked := q.Step()
	switch {
	case d.Hash != q.Hash:
		return fail.New(fail.Conflict, "workflow.fail.other_hash")
	case asked.Approval != nil && asked.Approval.NotAuthor && q.AuthorID != nil && *q.AuthorID == actor.ID:
		return fail.New(fail.Forbidden, "workflow.fail.own_step")
	case q.Kind == step.WaitUnknown && d.As != "again" && d.As != "done" && d.As != "failed":
		return &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: "as", Key: "workflow.field.as"}}}
	case q.Kind == step.WaitApproval && !d.Yes && d.Reason == "":
		return &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: "reason", Key: "workflow.field.reason"}}}
	case len(d.Reason) > 1000:
		return &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: "reason", Key: "workflow.field.reason_long"}}}
	}
	return nil
}

// trust allows the step to touch for good what it would touch now.
func (w *Workflows) trust(ctx context.Context, tx pgx.Tx, actor account.Actor, q *Question) error {
	asked := q.Step()
	spec, ok := w.engine.Compiler().Registry.Find(asked.Kind)
	config, isMap := q.Input.(map[string]any)
	if !ok || spec.Reach == nil || !isMap || q.Kind != step.WaitApproval {
		return fail.New(fail.Conflict, "workflow.fail.no_trust")
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO trusts (id, workspace_id, workflow_id, step_id, reach, granted_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (workflow_id, step_id, reach) WHERE revoked_at IS NULL DO NOTHING`,
		db.NewID(), actor.Workspace, q.WorkflowID, q.StepID, spec.Reach(config), actor.Name, w.clock.Now())
	return err
}
