package workflow

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
)

// Version is a published definition; it never changes.
type Version struct {
	ID         uuid.UUID
	WorkflowID uuid.UUID
	Number     int
	Definition flow.Definition
	Note       string
	AuthorID   *uuid.UUID
	AuthorName string
	CreatedAt  time.Time
}

const versionColumns = `v.id, v.workflow_id, v.number, v.definition, v.note, v.author_id, v.author_name, v.created_at`

// Publish makes the draft of that revision the live version: runs start with it
// from now on; those on their way end with theirs. Invalid with every problem at
// its field, Conflict (workflow.fail.unchanged) when nothing changed. Needs Manage.
func (w *Workflows) Publish(ctx context.Context, actor account.Actor, id uuid.UUID, revision int, note string) (v Version, err error) {
	if len(note) > 500 {
		return Version{}, &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: "note", Key: "workflow.field.note"}}}
	}
	err = w.edit(ctx, actor, id, revision, func(ctx context.Context, tx pgx.Tx, found Workflow) error {
		if err := w.check(found.Draft); err != nil {
			return err
		}
		last, err := lastVersion(ctx, tx, id)
		if err != nil {
			return err
		}
		if diff := flow.Compare(&last.Definition, &found.Draft); last.Number > 0 && diff.Empty() {
			return fail.New(fail.Conflict, "workflow.fail.unchanged")
		}
		v = Version{ID: db.NewID(), WorkflowID: id, Number: last.Number + 1, Definition: found.Draft, Note: strings.TrimSpace(note), AuthorName: actor.Name, CreatedAt: w.clock.Now()}
		if person := personOf(actor); person != uuid.Nil {
			v.AuthorID = &person
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO workflow_versions (id, workspace_id, workflow_id, number, definition, note, author_id, author_name, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			v.ID, actor.Workspace, id, v.Number, v.Definition, v.Note, v.AuthorID, v.AuthorName, v.CreatedAt); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE workflows SET live_version_id = $2, max_runs = $3 WHERE id = $1`, id, v.ID, v.Definition.Settings.MaxRuns); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		if err := w.listen(ctx, tx, actor.Workspace, id, v.Definition.Trigger); err != nil {
			return err
		}
		return w.changed(ctx, tx, actor, "workflow.published", id, found.Name)
	})
	return v, err
}

// check is Invalid with every problem; a field's name is "steps.<id>.<field>".
func (w *Workflows) check(d flow.Definition) error {
	problems := w.Problems(d)
	if len(problems) == 0 {
		return nil
	}
	return &fail.Error{Kind: fail.Invalid, Key: "workflow.fail.problems", Args: map[string]any{"count": len(problems)}, Fields: Fields(problems)}
}

// Fields are problems as a form or an API answer names them.
func Fields(problems []engine.Problem) []fail.Field {
	fields := make([]fail.Field, 0, len(problems))
	for _, p := range problems {
		name := "trigger." + p.Field
		if p.Step != "" {
			name = strings.TrimSuffix("steps."+p.Step+"."+p.Field, ".")
		}
		key := p.Key
		if strings.Contains(key, ".fail.") {
			key += ".text"
		}
		fields = append(fields, fail.Field{Name: name, Key: key, Args: p.Args})
	}
	return fields
}

func lastVersion(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Version, error) {
	rows, err := tx.Query(ctx, `SELECT `+versionColumns+` FROM workflow_versions v WHERE v.workflow_id = $1 AND v.number > 0 ORDER BY v.number DESC LIMIT 1`, id)
	if err != nil {
		return Version{}, err
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Version])
	if db.NoRows(err) {
		return Version{}, nil
	}
	return v, err
}

// Versions, newest first. Needs View.
func (w *Workflows) Versions(ctx context.Context, actor account.Actor, id uuid.UUID) (found []Version, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := find(ctx, tx, id, ""); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+versionColumns+` FROM workflow_versions v WHERE v.workflow_id = $1 AND v.number > 0 ORDER BY v.number DESC LIMIT 200`, id)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Version])
		return err
	})
	return found, err
}

// Version finds one by its number. Needs View.
func (w *Workflows) Version(ctx context.Context, actor account.Actor, id uuid.UUID, number int) (v Version, err error) {
	if err := actor.Require(account.View); err != nil {
		return Version{}, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		v, err = versionWhere(ctx, tx, `v.workflow_id = $1 AND v.number = $2 AND v.number > 0`, id, number)
		return err
	})
	return v, err
}

// versionWhere finds one version; the condition is a constant of ours.
func versionWhere(ctx context.Context, tx pgx.Tx, where string, args ...any) (Version, error) {
	rows, err := tx.Query(ctx, `SELECT `+versionColumns+` FROM workflow_versions v WHERE `+where, args...)
	if err != nil {
		return Version{}, fmt.Errorf("find version: %w", err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Version])
	if db.NoRows(err) {
		return Version{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return v, err
}

// Restore makes an earlier version the draft, as one edit that can be undone.
func (w *Workflows) Restore(ctx context.Context, actor account.Actor, id uuid.UUID, revision, number int) (Edited, error) {
	v, err := w.Version(ctx, actor, id, number)
	if err != nil {
		return Edited{}, err
	}
	return w.Edit(ctx, actor, id, revision, flow.Op{Kind: flow.Replace, Definition: &v.Definition})
}
