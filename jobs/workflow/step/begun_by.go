package step

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// begunBy notes in tx, around what do does, whose step does it: the call's workflow
// and those above its run. What happens then does not start them again.
func begunBy(ctx context.Context, tx pgx.Tx, call Call, do func() (any, error)) (any, error) {
	_, err := tx.Exec(ctx, `
		WITH RECURSIVE up AS (
			SELECT r.workflow_id, r.parent_id FROM runs r WHERE r.id = $1
			UNION SELECT r.workflow_id, r.parent_id FROM runs r JOIN up ON r.id = up.parent_id
		) SELECT set_config('levqor.begun_by', coalesce(array_agg(workflow_id), '{}')::text, true) FROM up`, call.Run)
	if err != nil {
		return nil, err
	}
	output, failed := do()
	if _, err := tx.Exec(ctx, `SELECT set_config('levqor.begun_by', '', true)`); err != nil && failed == nil {
		return nil, err
	}
	return output, failed
}
