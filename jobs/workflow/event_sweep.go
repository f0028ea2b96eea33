package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// An event that nobody took for so long starts nothing any more.
const eventsOfLast = time.Hour

// SweepEvents starts the workflows that listen to overdue copies, holds and
// expired snapshots, in the order in which those happened, each in the transaction
// that takes the event. Several workers may sweep at once.
func (w *Workflows) SweepEvents(ctx context.Context) error {
	for {
		taken := 0
		err := w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
			events, err := takeEvents(ctx, tx, w.clock.Now().Add(-eventsOfLast))
			if err != nil {
				return err
			}
			taken = len(events)
			for _, e := range events {
				if err := w.Happened(ctx, tx, e.told()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || taken < sweepBatch {
			return err
		}
	}
}

// written is a row of what happened.
type written struct {
	Event             string
	Workspace, Source uuid.UUID
	Name              string
	Key               uuid.UUID
	At                time.Time
	Plan              uuid.UUID
	Snapshot, Hold    *uuid.UUID
	By                []uuid.UUID
}

func takeEvents(ctx context.Context, tx pgx.Tx, after time.Time) ([]written, error) {
	rows, err := tx.Query(ctx, `
		WITH next AS (SELECT id FROM workflow_events ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED),
			taken AS (DELETE FROM workflow_events e USING next WHERE e.id = next.id RETURNING e.*)
		SELECT e.event, e.workspace_id, e.source_id, o.name, e.key, e.at, e.plan_id, e.snapshot_id, e.hold_id, e.begun_by
		FROM taken e JOIN sources o ON o.id = e.source_id WHERE e.at > $2 ORDER BY e.id`, sweepBatch, after)
	if err != nil {
		return nil, fmt.Errorf("take events: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[written])
}

func (e written) told() Event {
	data := map[string]any{"plan": e.Plan.String(), "source": map[string]any{"id": e.Source.String(), "name": e.Name}}
	if e.Snapshot != nil {
		data["snapshot"] = map[string]any{"id": e.Snapshot.String()}
	}
	if e.Hold != nil {
		data["hold"] = e.Hold.String()
	}
	return Event{Name: e.Event, Key: e.Key.String(), Workspace: e.Workspace, Source: e.Source, At: e.At, By: e.By, Data: data}
}
