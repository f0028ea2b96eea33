package task

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/queue"
)

// shareOf is how many tasks of a kind one workspace may have in hand, here less
// than the slots of a small worker: however much it orders, and however long that
// takes, another's comes to its turn with the next slot.
func shareOf(kind Kind) int {
	switch kind {
	case Drill:
		return 1
	case SourceTest:
		return 4
	default:
		return 2
	}
}

// shareLockClass sets these locks apart from other advisory ones.
const shareLockClass = 0x4c59

// promoteLocked gives as many waiting tasks their jobs as there is room for, unless
// somebody else is at that: then they, or the sweep, come to these too.
func promoteLocked(ctx context.Context, tx pgx.Tx, q *queue.Queue, workspace uuid.UUID, kind Kind) error {
	var free bool
	if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1, hashtext($2))`, shareLockClass, workspace.String()+string(kind)).Scan(&free); err != nil || !free {
		return err
	}
	return promote(ctx, tx, q, workspace, kind, uuid.Nil, shareOf(kind))
}

// promote fills the share up with the oldest waiting tasks, most of them at once;
// leaving is one that makes room with tx.
func promote(ctx context.Context, tx pgx.Tx, q *queue.Queue, workspace uuid.UUID, kind Kind, leaving uuid.UUID, most int) error {
	rows, err := tx.Query(ctx, `
		WITH room AS (
			SELECT least($4, $5 - count(*)) AS places FROM tasks
			WHERE workspace_id = $1 AND kind = $2 AND state IN ('queued', 'running') AND NOT waits AND id <> $3
			  AND retry_at IS NULL -- one that rests between two attempts keeps nobody waiting
		), next AS (
			SELECT id FROM tasks WHERE workspace_id = $1 AND kind = $2 AND waits AND state = 'queued'
			ORDER BY created_at, id LIMIT greatest(0, (SELECT places FROM room)) FOR UPDATE SKIP LOCKED
		)
		UPDATE tasks t SET waits = false FROM next WHERE t.id = next.id RETURNING t.id, t.queue`,
		workspace, kind, leaving, most, shareOf(kind))
	if err != nil {
		return fmt.Errorf("look for waiting tasks: %w", err)
	}
	next, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a promoted, err error) {
		a.kind = kind
		return a, row.Scan(&a.ID, &a.queue)
	})
	if err != nil {
		return fmt.Errorf("look for waiting tasks: %w", err)
	}
	for _, args := range next {
		if err := q.Insert(ctx, tx, args); err != nil {
			return err
		}
	}
	return nil
}

// SweepWaiting gives waiting tasks their jobs for which there is room, where those
// that made it were canceled, rest between attempts, or ended just as they came.
func SweepWaiting(ctx context.Context, d *db.DB, q *queue.Queue) error {
	type share struct {
		Workspace uuid.UUID
		Kind      Kind
	}
	return d.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT workspace_id, kind FROM tasks WHERE waits AND state = 'queued' LIMIT 1000`)
		if err != nil {
			return fmt.Errorf("look for waiting tasks: %w", err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[share])
		if err != nil {
			return fmt.Errorf("look for waiting tasks: %w", err)
		}
		for _, s := range found {
			if err := promoteLocked(ctx, tx, q, s.Workspace, s.Kind); err != nil {
				return err
			}
		}
		return nil
	})
}
