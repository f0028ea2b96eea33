package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/task"
	"levqor/jobs/workflow/engine"
)

// Event is something that happened to backups, and may start workflows. Key is
// the same each time that it is told of. By are the workflows whose steps brought
// it about: they are not started by it, or one that tries a failed backup again
// would do so for ever.
type Event struct {
	Name      string
	Key       string
	Workspace uuid.UUID
	Source    uuid.UUID // Nil: of none
	At        time.Time // versions published later are not started; zero: just now
	By        []uuid.UUID
	Data      map[string]any
}

// Happened starts the workflows that listen to the event, once each, when tx commits.
func (w *Workflows) Happened(ctx context.Context, tx pgx.Tx, e Event) error {
	at := &e.At
	if e.At.IsZero() {
		at = nil
	}
	rows, err := tx.Query(ctx, `
		SELECT t.workflow_id, w.live_version_id, coalesce((v.definition -> 'settings' ->> 'deadline_minutes')::int, 0)
		FROM workflow_triggers t JOIN workflows w ON w.id = t.workflow_id JOIN workflow_versions v ON v.id = w.live_version_id
		WHERE t.workspace_id = $1 AND t.event = $2 AND (t.source_id IS NULL OR t.source_id = $3)
		  AND t.workflow_id <> ALL(coalesce($5::uuid[], '{}')) AND w.paused_at IS NULL AND w.deleted_at IS NULL
		  AND ($6::timestamptz IS NULL OR v.created_at <= $6) LIMIT $4`,
		e.Workspace, e.Name, e.Source, MostWorkflows, e.By, at)
	if err != nil {
		return fmt.Errorf("who listens to %s: %w", e.Name, err)
	}
	type listener struct {
		Workflow, Version uuid.UUID
		Deadline          int
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[listener])
	if err != nil || len(found) == 0 {
		return err
	}
	news := make([]engine.New, len(found))
	for i, l := range found {
		news[i] = engine.New{Workspace: e.Workspace, Workflow: l.Workflow, Version: l.Version, Cause: engine.CauseEvent, Dedup: e.Name + "/" + e.Key,
			Input: e.Data, Deadline: time.Duration(l.Deadline) * time.Minute}
	}
	_, err = w.engine.StartIn(ctx, tx, news)
	return err
}

// FollowTask wakes the runs that wait for an ended task, and starts the workflows
// that listen to such ends. A repeated call changes nothing.
func (w *Workflows) FollowTask(ctx context.Context, t task.Task) error {
	if !t.State.Final() {
		return nil
	}
	return w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		e, err := eventOf(ctx, tx, t)
		if err != nil {
			return err
		}
		answer := map[string]any{"task": t.ID.String(), "state": string(t.State), "class": string(t.FailureClass), "key": t.FailureKey, "args": t.FailureArgs}
		for name, value := range e.Data {
			answer[name] = value
		}
		if err := w.engine.TaskEnded(ctx, tx, t.ID, answer); err != nil || e.Name == "" {
			return err
		}
		if e.By, err = begunBy(ctx, tx, t.ID); err != nil {
			return err
		}
		return w.Happened(ctx, tx, e)
	})
}

// begunBy is the workflows of the run whose step began the task, and of those
// above that run.
func begunBy(ctx context.Context, tx pgx.Tx, task uuid.UUID) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `
		WITH RECURSIVE up AS (
			SELECT r.workflow_id, r.parent_id FROM runs r JOIN run_waits q ON q.run_id = r.id WHERE q.ref_id = $1 AND q.kind = 'task'
			UNION SELECT r.workflow_id, r.parent_id FROM runs r JOIN up ON r.id = up.parent_id
		) SELECT workflow_id FROM up`, task)
	if err != nil {
		return nil, fmt.Errorf("who began task %s: %w", task, err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// eventOf says what the end of a task means to workflows; Name is "" where nothing.
func eventOf(ctx context.Context, tx pgx.Tx, t task.Task) (Event, error) {
	e := Event{Key: t.ID.String(), Workspace: t.WorkspaceID}
	var err error
	switch t.Kind {
	case task.Backup:
		err = backupEnded(ctx, tx, t, &e)
	case task.Drill:
		err = drillEnded(ctx, tx, t, &e)
	}
	if db.NoRows(err) {
		err = nil // what it was about is gone
	}
	if err != nil {
		return Event{}, fmt.Errorf("what the end of %s %s means: %w", t.Kind, t.ID, err)
	}
	return e, nil
}

func backupEnded(ctx context.Context, tx pgx.Tx, t task.Task, e *Event) error {
	var plan, source uuid.UUID
	var name string
	var snapshot *uuid.UUID
	var taken *time.Time
	var bytes, files, rows *int64
	err := tx.QueryRow(ctx, `
		SELECT b.plan_id, b.source_id, s.name, n.id, n.taken_at, n.bytes, n.files, n.rows
		FROM backups b JOIN sources s ON s.id = b.source_id LEFT JOIN snapshots n ON n.id = b.snapshot_id WHERE b.id = $1`, t.ID).
		Scan(&plan, &source, &name, &snapshot, &taken, &bytes, &files, &rows)
	if err != nil {
		return err
	}
	e.Source = source
	e.Data = map[string]any{"backup": t.ID.String(), "plan": plan.String(), "source": map[string]any{"id": source.String(), "name": name}}
	switch {
	case t.State == task.Succeeded && snapshot != nil:
		e.Name = BackupSucceeded
		e.Data["snapshot"] = map[string]any{"id": snapshot.String(), "taken": taken.UTC().Format(time.RFC3339), "bytes": bytes, "files": files, "rows": rows}
	case t.State == task.Failed:
		e.Name = BackupFailed
		e.Data["failure"] = map[string]any{"class": string(t.FailureClass), "key": t.FailureKey, "args": t.FailureArgs}
	}
	return nil
}

func drillEnded(ctx context.Context, tx pgx.Tx, t task.Task, e *Event) error {
	var plan, source, snapshot uuid.UUID
	var name string
	var passed *bool
	err := tx.QueryRow(ctx, `
		SELECT d.plan_id, d.source_id, s.name, d.snapshot_id, d.passed FROM drills d JOIN sources s ON s.id = d.source_id WHERE d.id = $1`, t.ID).
		Scan(&plan, &source, &name, &snapshot, &passed)
	if err != nil {
		return err
	}
	e.Source = source
	result := "failed"
	switch {
	case passed != nil && *passed:
		e.Name, result = DrillPassed, "passed"
	case t.State != task.Canceled:
		e.Name = DrillFailed
	}
	e.Data = map[string]any{"drill": t.ID.String(), "plan": plan.String(), "source": map[string]any{"id": source.String(), "name": name},
		"snapshot": map[string]any{"id": snapshot.String()}, "result": result}
	return nil
}
