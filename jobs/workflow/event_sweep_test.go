package workflow_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/workflow/flow"
)

func TestAHoldStartsWhoListensOnce(t *testing.T) {
	t.Parallel()
	f := newFigures(t)
	listen := func(name, event string) {
		d := flow.Definition{Trigger: flow.Trigger{Kind: "event", Config: map[string]any{"event": event}},
			Steps: []flow.Step{{ID: "say", Kind: "log", Config: map[string]any{"message": "${trigger.source.name}"}}}}
		id, err := f.workflows.Create(t.Context(), f.owner, name, "", d)
		if err == nil {
			_, err = f.workflows.Publish(t.Context(), f.owner, id, 1, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	source, vault, plan, snapshot := db.NewID(), db.NewID(), db.NewID(), db.NewID()
	hold := func(at time.Time) {
		err := f.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO holds (id, workspace_id, snapshot_id, reason, held_by, created_at) VALUES ($1, $2, $3, 'why', 'Olive', $4)`,
				db.NewID(), f.owner.Workspace, snapshot, at)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	now := f.clock.Now()
	err := f.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`INSERT INTO sources (id, workspace_id, name, kind, config, created_at) VALUES ($1, $2, 'orders', 'folder', '{}', $3)`, source, f.owner.Workspace, now)
		batch.Queue(`INSERT INTO vaults (id, workspace_id, name, kind, location, sealed_key, created_at, upkeep_due_at) VALUES ($1, $2, 'v', 'filesystem', '{}', '', $3, $3)`, vault, f.owner.Workspace, now)
		batch.Queue(`INSERT INTO plans (id, workspace_id, source_id, vault_id, every_minutes, time_zone, rpo_minutes, rto_minutes, keep, expiry_due_at, created_at) VALUES ($1, $2, $3, $4, 60, 'UTC', 60, 60, '{}', $5, $5)`,
			plan, f.owner.Workspace, source, vault, now)
		batch.Queue(`INSERT INTO snapshots (id, workspace_id, plan_id, source_id, vault_id, manifest_id, taken_at, bytes, stored_bytes, files, truth) VALUES ($1, $2, $3, $4, $5, 'm', $6, 1, 1, 1, '{}')`,
			snapshot, f.owner.Workspace, plan, source, vault, now)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	hold(now.Add(-time.Minute)) // before anybody listened
	listen("Held", "hold.placed")
	listen("Let go", "hold.released")
	runs := func() (n int) {
		for range 2 {
			if err := f.workflows.SweepEvents(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		err := f.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM runs WHERE cause = 'event' AND input -> 'source' ->> 'name' = 'orders' AND input ->> 'hold' IS NOT NULL`).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := runs(); n != 0 {
		t.Errorf("%d runs of what happened before", n)
	}
	hold(f.clock.Now())
	if n := runs(); n != 1 {
		t.Errorf("%d runs, want one", n)
	}
}
