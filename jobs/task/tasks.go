package task

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/clock"
	"levqor/jobs/db"
)

// Tasks is how people watch and stop work of any kind.
type Tasks struct {
	db    *db.DB
	clock *clock.Clock
}

// NewTasks makes it.
func NewTasks(d *db.DB, c *clock.Clock) *Tasks { return &Tasks{db: d, clock: c} }

// LogLines is how much of a task's log a page shows.
const LogLines = 200

// Get needs View. NotFound for another workspace's task.
func (t *Tasks) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (found Task, log []LogLine, err error) {
	if err := actor.Require(account.View); err != nil {
		return Task{}, nil, err
	}
	err = t.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if found, err = Get(ctx, tx, id); err != nil {
			return err
		}
		log, err = Log(ctx, tx, id, LogLines)
		return err
	})
	return found, log, err
}

// Cancel needs Operate. Conflict when the task is over.
func (t *Tasks) Cancel(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	if err := actor.Require(account.Operate); err != nil {
		return err
	}
	return t.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err := Get(ctx, tx, id)
		if err != nil {
			return err
		}
		now := t.clock.Now()
		if err := RequestCancel(ctx, tx, id, now); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, now, audit.Event{
			Action: "task.canceled", SubjectKind: string(found.Kind), SubjectID: id.String(), SubjectName: found.SubjectName,
		})
	})
}

// Recent is the newest tasks of some kinds (none: all), newest first, for a list
// that continues before the given task's id (uuid.Nil: from the newest). Needs View.
func (t *Tasks) Recent(ctx context.Context, actor account.Actor, kinds []Kind, before uuid.UUID, limit int) (found []Task, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = t.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+Columns+` FROM tasks t
			WHERE t.workspace_id = current_workspace() AND (cardinality($1::text[]) = 0 OR t.kind = ANY($1))
			  AND ($2 = '00000000-0000-0000-0000-000000000000'::uuid
			       OR (t.created_at, t.id) < (SELECT b.created_at, b.id FROM tasks b WHERE b.id = $2))
			ORDER BY t.created_at DESC, t.id DESC LIMIT $3`, append([]Kind{}, kinds...), before, min(limit, 200))
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Task])
		return err
	})
	return found, err
}
