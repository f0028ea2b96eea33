package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// What has no job that ends is looked for: rows of the last hour that a workflow
// listens to, and that it has no run of.
const eventsOfLast = time.Hour

// SweepEvents starts the workflows that listen to overdue copies, holds and
// expired snapshots. Several workers may sweep at once: an event starts a workflow
// once, by its key.
func (w *Workflows) SweepEvents(ctx context.Context) error {
	return w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH happened AS (
				SELECT 'backup.overdue' AS event, a.workspace_id, a.source_id, a.id AS key, a.opened_at AS at, a.plan_id, NULL::uuid AS snapshot, NULL::uuid AS hold
				FROM alerts a WHERE a.kind = 'backup_overdue' AND a.opened_at > $1
				UNION ALL SELECT 'hold.placed', h.workspace_id, s.source_id, h.id, h.created_at, s.plan_id, s.id, h.id
				FROM holds h JOIN snapshots s ON s.id = h.snapshot_id WHERE h.created_at > $1
				UNION ALL SELECT 'hold.released', h.workspace_id, s.source_id, h.id, h.released_at, s.plan_id, s.id, h.id
				FROM holds h JOIN snapshots s ON s.id = h.snapshot_id WHERE h.released_at > $1
				UNION ALL SELECT 'snapshot.expired', s.workspace_id, s.source_id, s.id, s.deleted_at, s.plan_id, s.id, NULL
				FROM snapshots s WHERE s.deleted_at > $1
			)
			SELECT DISTINCT h.event, h.workspace_id, h.source_id, o.name, h.key, h.plan_id, h.snapshot, h.hold
			FROM happened h JOIN sources o ON o.id = h.source_id
			JOIN workflow_triggers t ON t.workspace_id = h.workspace_id AND t.event = h.event AND (t.source_id IS NULL OR t.source_id = h.source_id)
			JOIN workflows w ON w.id = t.workflow_id AND w.paused_at IS NULL AND w.deleted_at IS NULL
			JOIN workflow_versions v ON v.id = w.live_version_id AND v.created_at <= h.at
			WHERE NOT EXISTS (SELECT FROM runs r WHERE r.workflow_id = t.workflow_id AND r.dedup_key = h.event || '/' || h.key)
			LIMIT $2`, w.clock.Now().Add(-eventsOfLast), sweepBatch)
		if err != nil {
			return fmt.Errorf("find events: %w", err)
		}
		type found struct {
			Event             string
			Workspace, Source uuid.UUID
			Name              string
			Key, Plan         uuid.UUID
			Snapshot, Hold    *uuid.UUID
		}
		events, err := pgx.CollectRows(rows, pgx.RowToStructByPos[found])
		if err != nil {
			return err
		}
		for _, e := range events {
			data := map[string]any{"plan": e.Plan.String(), "source": map[string]any{"id": e.Source.String(), "name": e.Name}}
			if e.Snapshot != nil {
				data["snapshot"] = map[string]any{"id": e.Snapshot.String()}
			}
			if e.Hold != nil {
				data["hold"] = e.Hold.String()
			}
			if err := w.Happened(ctx, tx, Event{Name: e.Event, Key: e.Key.String(), Workspace: e.Workspace, Source: e.Source, Data: data}); err != nil {
				return err
			}
		}
		return nil
	})
}
