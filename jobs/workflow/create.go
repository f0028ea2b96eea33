package workflow

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/flow"
)

// Create makes a workflow whose draft is the definition; it is not live yet.
// Needs Manage.
func (w *Workflows) Create(ctx context.Context, actor account.Actor, name, about string, draft flow.Definition) (id uuid.UUID, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return uuid.Nil, err
	}
	name, about = strings.TrimSpace(name), strings.TrimSpace(about)
	if err := checkNames(name, about); err != nil {
		return uuid.Nil, err
	}
	if err := draft.Bound(); err != nil {
		return uuid.Nil, err
	}
	if draft.Trigger.Kind == "" {
		draft.Trigger.Kind = "manual"
	}
	if draft.Steps == nil {
		draft.Steps = []flow.Step{}
	}
	id = db.NewID()
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO workflows (id, workspace_id, name, about, draft, draft_at, created_by, created_at)
			SELECT $1, $2, $3, $4, $5, $6, nullif($7, '00000000-0000-0000-0000-000000000000'::uuid), $6
			WHERE (SELECT count(*) FROM workflows WHERE workspace_id = $2 AND deleted_at IS NULL) < $8`,
			id, actor.Workspace, name, about, draft, w.clock.Now(), personOf(actor), MostWorkflows)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fail.New(fail.Conflict, "workflow.fail.too_many", "max", MostWorkflows)
		}
		return w.changed(ctx, tx, actor, "workflow.created", id, name)
	})
	return id, nameTaken(err, name)
}

// Rename needs Manage.
func (w *Workflows) Rename(ctx context.Context, actor account.Actor, id uuid.UUID, name, about string) error {
	name, about = strings.TrimSpace(name), strings.TrimSpace(about)
	if err := checkNames(name, about); err != nil {
		return err
	}
	return nameTaken(w.change(ctx, actor, account.Manage, id, "workflow.renamed", func(ctx context.Context, tx pgx.Tx, _ Workflow) error {
		_, err := tx.Exec(ctx, `UPDATE workflows SET name = $2, about = $3 WHERE id = $1`, id, name, about)
		return err
	}), name)
}

// Pause makes its trigger deaf; runs go on, and starting by hand still works.
// Needs Operate.
func (w *Workflows) Pause(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	return w.change(ctx, actor, account.Operate, id, "workflow.paused", func(ctx context.Context, tx pgx.Tx, _ Workflow) error {
		_, err := tx.Exec(ctx, `UPDATE workflows SET paused_at = coalesce(paused_at, $2) WHERE id = $1`, id, w.clock.Now())
		return err
	})
}

// Resume listens again, from now on. Needs Operate.
func (w *Workflows) Resume(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	return w.change(ctx, actor, account.Operate, id, "workflow.resumed", func(ctx context.Context, tx pgx.Tx, _ Workflow) error {
		if _, err := tx.Exec(ctx, `UPDATE workflows SET paused_at = NULL WHERE id = $1`, id); err != nil {
			return err
		}
		return w.reschedule(ctx, tx, id)
	})
}

// Delete ends the workflow; its history stays for as long as history is kept.
// Runs that are not over are canceled. Needs Manage.
func (w *Workflows) Delete(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	return w.change(ctx, actor, account.Manage, id, "workflow.deleted", func(ctx context.Context, tx pgx.Tx, _ Workflow) error {
		if _, err := tx.Exec(ctx, `DELETE FROM workflow_triggers WHERE workflow_id = $1`, id); err != nil {
			return fmt.Errorf("forget the trigger: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE workflows SET deleted_at = $2 WHERE id = $1`, id, w.clock.Now()); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id FROM runs WHERE workflow_id = $1 AND state IN ('held', 'running', 'waiting') ORDER BY id DESC`, id)
		if err != nil {
			return err
		}
		open, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		for _, run := range open {
			if err := w.engine.Cancel(ctx, tx, run); err != nil && !fail.Is(err, fail.Conflict) {
				return err
			}
		}
		return nil
	})
}

func checkNames(name, about string) error {
	form := &fail.Form{}
	form.Check(name != "" && utf8.RuneCountInString(name) <= 80, "name", "workflow.field.name")
	form.Check(utf8.RuneCountInString(about) <= 500, "about", "workflow.field.about")
	return form.Err()
}

func nameTaken(err error, name string) error {
	if db.Violates(err, "workflows_name") {
		return &fail.Error{Kind: fail.Conflict, Key: "workflow.fail.name_taken", Args: map[string]any{"name": name},
			Fields: []fail.Field{{Name: "name", Key: "workflow.field.name_taken", Args: map[string]any{"name": name}}}}
	}
	return err
}

func personOf(actor account.Actor) uuid.UUID {
	if actor.Kind == account.KindPerson {
		return actor.ID
	}
	return uuid.Nil
}
