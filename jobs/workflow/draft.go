package workflow

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
)

// Edited is a draft after an edit. Focus is the step to look at, or "".
type Edited struct {
	Draft    flow.Definition
	Revision int
	Focus    string
}

// Edit applies one op to the draft that has that revision. Conflict
// (workflow.fail.stale) when somebody was faster. Needs Manage. A draft may be
// wrong or unfinished; Problems says what keeps it from being published.
func (w *Workflows) Edit(ctx context.Context, actor account.Actor, id uuid.UUID, revision int, op flow.Op) (out Edited, err error) {
	err = w.edit(ctx, actor, id, revision, func(ctx context.Context, tx pgx.Tx, found Workflow) error {
		next := found.Draft.Clone()
		if out.Focus, err = w.apply(&next, op); err != nil {
			return err
		}
		out.Draft, out.Revision = next, found.DraftRevision+1
		if _, err := tx.Exec(ctx, `DELETE FROM workflow_edits WHERE workflow_id = $1 AND undone`, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO workflow_edits (workflow_id, revision, workspace_id, op, before, author_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			id, out.Revision, actor.Workspace, op, found.Draft, actor.Name, w.clock.Now())
		if err != nil {
			return fmt.Errorf("keep the edit: %w", err)
		}
		return w.save(ctx, tx, actor, id, out)
	})
	return out, err
}

// apply makes a copied step read its own copies, not what it was copied from.
func (w *Workflows) apply(draft *flow.Definition, op flow.Op) (focus string, err error) {
	if focus, err = draft.Apply(op); err != nil || op.Kind != flow.Duplicate {
		return focus, err
	}
	w.engine.Compiler().Reread(draft, op.ID, focus)
	return focus, draft.Bound()
}

// Undo takes the last edit back. Conflict (workflow.fail.no_edit) when there is none.
func (w *Workflows) Undo(ctx context.Context, actor account.Actor, id uuid.UUID, revision int) (out Edited, err error) {
	err = w.edit(ctx, actor, id, revision, func(ctx context.Context, tx pgx.Tx, found Workflow) error {
		var op flow.Op
		err := tx.QueryRow(ctx, `
			UPDATE workflow_edits SET undone = true WHERE workflow_id = $1 AND revision = (
				SELECT max(revision) FROM workflow_edits WHERE workflow_id = $1 AND NOT undone)
			RETURNING before, op`, id).Scan(&out.Draft, &op)
		if db.NoRows(err) {
			return fail.New(fail.Conflict, "workflow.fail.no_edit")
		}
		if err != nil {
			return err
		}
		if _, _, ok := out.Draft.Find(op.ID); ok {
			out.Focus = op.ID
		}
		out.Revision = found.DraftRevision + 1
		return w.save(ctx, tx, actor, id, out)
	})
	return out, err
}

// Redo does an edit again that was taken back.
func (w *Workflows) Redo(ctx context.Context, actor account.Actor, id uuid.UUID, revision int) (out Edited, err error) {
	err = w.edit(ctx, actor, id, revision, func(ctx context.Context, tx pgx.Tx, found Workflow) error {
		var op flow.Op
		err := tx.QueryRow(ctx, `
			UPDATE workflow_edits SET undone = false WHERE workflow_id = $1 AND revision = (
				SELECT min(revision) FROM workflow_edits WHERE workflow_id = $1 AND undone)
			RETURNING op`, id).Scan(&op)
		if db.NoRows(err) {
			return fail.New(fail.Conflict, "workflow.fail.no_edit")
		}
		if err != nil {
			return err
		}
		out.Draft = found.Draft.Clone()
		if out.Focus, err = w.apply(&out.Draft, op); err != nil {
			return err
		}
		out.Revision = found.DraftRevision + 1
		return w.save(ctx, tx, actor, id, out)
	})
	return out, err
}

// Steps back and forth that are there.
type History struct{ Undo, Redo bool }

// History needs View.
func (w *Workflows) History(ctx context.Context, actor account.Actor, id uuid.UUID) (h History, err error) {
	if err := actor.Require(account.View); err != nil {
		return History{}, err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM workflow_edits WHERE workflow_id = $1 AND NOT undone),
			       EXISTS (SELECT FROM workflow_edits WHERE workflow_id = $1 AND undone)`, id).Scan(&h.Undo, &h.Redo)
	})
	return h, err
}

// Problems keep a draft from being published; none: it can be.
func (w *Workflows) Problems(draft flow.Definition) []engine.Problem {
	_, problems := w.engine.Compiler().Compile(draft)
	return append(problems, checkTrigger(draft.Trigger, w.clock.Now())...)
}

func (w *Workflows) edit(ctx context.Context, actor account.Actor, id uuid.UUID, revision int, do func(ctx context.Context, tx pgx.Tx, found Workflow) error) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	return w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err := find(ctx, tx, id, "FOR UPDATE OF w")
		if err != nil {
			return err
		}
		if found.DraftRevision != revision {
			return fail.New(fail.Conflict, "workflow.fail.stale")
		}
		return do(ctx, tx, found)
	})
}

func (w *Workflows) save(ctx context.Context, tx pgx.Tx, actor account.Actor, id uuid.UUID, out Edited) error {
	if _, err := tx.Exec(ctx, `UPDATE workflows SET draft = $2, draft_revision = $3, draft_at = $4 WHERE id = $1`,
		id, out.Draft, out.Revision, w.clock.Now()); err != nil {
		return fmt.Errorf("save the draft: %w", err)
	}
	return live.Notify(ctx, tx, actor.Workspace, Topic(id))
}
