package apptest

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/workflow/flow"
)

// Publish makes a workflow of the owner's workspace from YAML, and makes it live.
func (h *House) Publish(name, text string) uuid.UUID {
	h.t.Helper()
	draft, err := flow.ParseYAML([]byte(text))
	must(h.t, err)
	id, err := h.Services.Workflows.Create(h.t.Context(), h.Actor, name, "", draft)
	must(h.t, err)
	_, err = h.Services.Workflows.Publish(h.t.Context(), h.Actor, id, 1, "")
	must(h.t, err)
	return id
}

// Run starts the workflow and advances it to where it waits or ends.
func (h *House) Run(workflow uuid.UUID, input any) uuid.UUID {
	h.t.Helper()
	started, err := h.Services.Workflows.Start(h.t.Context(), h.Actor, workflow, input)
	must(h.t, err)
	h.Advance()
	return started.ID
}

// Advance does what workers would do to runs, until all rest.
func (h *House) Advance() {
	h.t.Helper()
	for {
		var queued []uuid.UUID
		must(h.t, h.Services.DB.AsSystem(h.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `
				WITH due AS (DELETE FROM river_job WHERE kind = 'run' AND state = 'available' RETURNING id, args)
				SELECT (args ->> 'id')::uuid FROM due ORDER BY id`)
			if err != nil {
				return err
			}
			queued, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		}))
		if len(queued) == 0 {
			return
		}
		for _, id := range queued {
			must(h.t, h.Services.Workflows.Engine().Advance(h.t.Context(), id))
		}
	}
}
