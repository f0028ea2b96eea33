package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/step"
)

// StartChild starts the workflow's live version below the run of call, when tx
// commits. Its end wakes a step that waits for it. Gone
// (step.run_workflow.fail.gone) without such a workflow, Config
// (step.run_workflow.fail.unpublished) without a live version.
func (e *Engine) StartChild(ctx context.Context, tx pgx.Tx, call step.Call, workflow uuid.UUID, input any) (id uuid.UUID, number int64, err error) {
	// A run is locked before its workspace's lane, here as everywhere.
	if _, err := tx.Exec(ctx, `SELECT FROM runs WHERE id = $1 FOR UPDATE`, call.Run); err != nil {
		return uuid.Nil, 0, fmt.Errorf("lock the run above: %w", err)
	}
	var version *uuid.UUID
	var minutes int
	err = tx.QueryRow(ctx, `
		SELECT w.live_version_id, coalesce((v.definition -> 'settings' ->> 'deadline_minutes')::int, 0)
		FROM workflows w LEFT JOIN workflow_versions v ON v.id = w.live_version_id
		WHERE w.id = $1 AND w.deleted_at IS NULL`, workflow).Scan(&version, &minutes)
	switch {
	case db.NoRows(err):
		return uuid.Nil, 0, fail.Work(nil, fail.ClassGone, "step.run_workflow.fail.gone")
	case err != nil:
		return uuid.Nil, 0, fmt.Errorf("find workflow: %w", err)
	case version == nil:
		return uuid.Nil, 0, fail.Work(nil, fail.ClassConfig, "step.run_workflow.fail.unpublished")
	}
	started, err := e.StartIn(ctx, tx, []New{{
		Workspace: call.Workspace, Workflow: workflow, Version: *version, Cause: CauseWorkflow, Input: input,
		Depth: call.Depth + 1, Parent: call.Run, Deadline: time.Duration(minutes) * time.Minute,
	}})
	if err != nil {
		return uuid.Nil, 0, err
	}
	return started[0].ID, started[0].Number, nil
}
