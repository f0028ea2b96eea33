package step

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
)

// What a workflow may keep.
const (
	mostValues   = 1_000
	largestValue = 64 << 10
)

// Store keeps small values between the runs of a workflow.
func Store() *Spec {
	return &Spec{
		Kind: "store", Group: "data", Icon: "archive", Mode: Inside, Class: class.A,
		Fields: []Field{
			{Name: "action", Type: Choice, Choices: []string{"add", "delete", "get", "set"}, Default: "get", Plain: true},
			{Name: "name", Type: Text, Required: true},
			{Name: "value", Type: Value},
		},
		Output: []Output{{"value", "any"}, {"before", "any"}},
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
			output, err := keep(ctx, tx, call)
			return output, nil, err
		},
	}
}

func keep(ctx context.Context, tx pgx.Tx, call Call) (any, error) {
	name, _ := call.Config["name"].(string)
	if len(name) > 200 {
		return nil, fail.New(fail.Invalid, "step.store.fail.name")
	}
	var before any
	err := tx.QueryRow(ctx, `SELECT value FROM workflow_values WHERE workflow_id = $1 AND name = $2 FOR UPDATE`, call.Workflow, name).Scan(&before)
	if err != nil && !db.NoRows(err) {
		return nil, fmt.Errorf("read a kept value: %w", err)
	}
	value := call.Config["value"]
	switch call.Config["action"] {
	case "get":
		return map[string]any{"value": before, "before": before}, nil
	case "delete":
		_, err := tx.Exec(ctx, `DELETE FROM workflow_values WHERE workflow_id = $1 AND name = $2`, call.Workflow, name)
		return map[string]any{"value": nil, "before": before}, err
	case "add":
		was, _ := before.(float64)
		more, ok := value.(float64)
		if !ok {
			return nil, fail.New(fail.Invalid, "step.store.fail.number")
		}
		value = was + more
	}
	if err := put(ctx, tx, call, name, value); err != nil {
		return nil, err
	}
	return map[string]any{"value": value, "before": before}, nil
}

func put(ctx context.Context, tx pgx.Tx, call Call, name string, value any) error {
	encoded, err := encode(value)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO workflow_values (workflow_id, workspace_id, name, value, updated_at)
		SELECT $1, $2, $3, $4::jsonb, $5 WHERE (SELECT count(*) FROM workflow_values WHERE workflow_id = $1 AND name <> $3) < $6
		ON CONFLICT (workflow_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
		call.Workflow, call.Workspace, name, encoded, call.Now, mostValues)
	if err != nil {
		return fmt.Errorf("keep a value: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fail.New(fail.Invalid, "step.store.fail.full", "max", mostValues)
	}
	return nil
}
