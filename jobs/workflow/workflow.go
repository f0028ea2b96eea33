// Package workflow is the line of workflows: drafts and versions, what starts
// them, their runs, and the people who decide. The engine below it runs them.
package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/gather"
	"levqor/jobs/live"
	"levqor/jobs/secret"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
)

// Workflow as people see it. Its draft is edited; its live version runs.
type Workflow struct {
	ID            uuid.UUID
	Name          string
	About         string
	Draft         flow.Definition
	DraftRevision int
	DraftAt       time.Time
	LiveVersionID *uuid.UUID // nil: never published
	LiveNumber    *int
	LiveAt        *time.Time
	PausedAt      *time.Time
	CreatedAt     time.Time
	NextAt        *time.Time // of a schedule
	LastRunAt     *time.Time
	LastState     *engine.State
	WaitingFor    int // people are asked so many things
}

const columns = `w.id, w.name, w.about, w.draft, w.draft_revision, w.draft_at, w.live_version_id, v.number, v.created_at, w.paused_at, w.created_at,
	t.next_at, l.created_at, l.state,
	(SELECT count(*) FROM runs r JOIN run_waits q ON q.run_id = r.id WHERE r.workflow_id = w.id AND r.state = 'waiting' AND q.state = 'open' AND q.kind IN ('approval', 'unknown'))::int`

const tables = `workflows w LEFT JOIN workflow_versions v ON v.id = w.live_version_id LEFT JOIN workflow_triggers t ON t.workflow_id = w.id
	LEFT JOIN LATERAL (SELECT created_at, state FROM runs WHERE workflow_id = w.id AND cause <> 'test' ORDER BY id DESC LIMIT 1) l ON true`

// Workflows is the line.
type Workflows struct {
	db     *db.DB
	clock  *clock.Clock
	box    *secret.Box
	engine *engine.Engine

	outcomes *gather.Gatherer[uuid.UUID, outcome]
}

// New makes it.
func New(d *db.DB, c *clock.Clock, box *secret.Box, e *engine.Engine) *Workflows {
	w := &Workflows{db: d, clock: c, box: box, engine: e}
	w.outcomes = gather.New(100, w.outcomesOf)
	return w
}

// Engine is for the workers.
func (w *Workflows) Engine() *engine.Engine { return w.engine }

// MostWorkflows of a workspace.
const MostWorkflows = 500

// List is by name. Needs View.
func (w *Workflows) List(ctx context.Context, actor account.Actor) (found []Workflow, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+columns+` FROM `+tables+`
			WHERE w.workspace_id = current_workspace() AND w.deleted_at IS NULL ORDER BY lower(w.name) LIMIT $1`, MostWorkflows)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Workflow])
		return err
	})
	return found, err
}

// Get needs View.
func (w *Workflows) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (found Workflow, err error) {
	if err := actor.Require(account.View); err != nil {
		return Workflow{}, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = find(ctx, tx, id, "")
		return err
	})
	return found, err
}

// find a workflow that was not deleted; lock is "" or "FOR UPDATE OF w".
func find(ctx context.Context, tx pgx.Tx, id uuid.UUID, lock string) (Workflow, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM `+tables+` WHERE w.id = $1 AND w.deleted_at IS NULL `+lock, id)
	if err != nil {
		return Workflow{}, fmt.Errorf("find workflow: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Workflow])
	if db.NoRows(err) {
		return Workflow{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}

// Topic is told of every change of a workflow's draft, versions and state.
func Topic(id uuid.UUID) live.Topic { return live.Topic("workflow-" + id.String()) }

// changed audits and tells the workflow's pages.
func (w *Workflows) changed(ctx context.Context, tx pgx.Tx, actor account.Actor, action string, id uuid.UUID, name string) error {
	if err := live.Notify(ctx, tx, actor.Workspace, Topic(id)); err != nil {
		return err
	}
	return audit.Write(ctx, tx, actor, w.clock.Now(), audit.Event{Action: action, SubjectKind: "workflow", SubjectID: id.String(), SubjectName: name})
}

// change does something to a workflow under its lock.
func (w *Workflows) change(ctx context.Context, actor account.Actor, power account.Power, id uuid.UUID, action string,
	do func(ctx context.Context, tx pgx.Tx, found Workflow) error) error {
	if err := actor.Require(power); err != nil {
		return err
	}
	return w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err := find(ctx, tx, id, "FOR UPDATE OF w")
		if err != nil {
			return err
		}
		if err := do(ctx, tx, found); err != nil {
			return err
		}
		return w.changed(ctx, tx, actor, action, id, found.Name)
	})
}
