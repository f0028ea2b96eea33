package workflow_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/workflow/flow"
)

func TestAHoldStartsWhoListensOnce(t *testing.T) {
	t.Parallel()
	f := newFigures(t)
	listen := func(name, event string) uuid.UUID {
		d := flow.Definition{Trigger: flow.Trigger{Kind: "event", Config: map[string]any{"event": event}},
			Steps: []flow.Step{{ID: "say", Kind: "log", Config: map[string]any{"message": "${trigger.source.name}"}}}}
		id, err := f.workflows.Create(t.Context(), f.owner, name, "", d)
		if err == nil {
			_, err = f.workflows.Publish(t.Context(), f.owner, id, 1, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	source, vault, plan, snapshot := db.NewID(), db.NewID(), db.NewID(), db.NewID()
	hold := func(at time.Time, by ...uuid.UUID) {
		err := f.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT set_config('levqor.begun_by', $1::uuid[]::text, true)`, by); err != nil {
				return err
			}
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
	ask := func(sql string) (n int) {
		t.Helper()
		err := f.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, sql).Scan(&n) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	hold(now.Add(-time.Minute)) // before anybody listened
	if n := ask(`SELECT count(*) FROM workflow_events`); n != 0 {
		t.Errorf("%d events are kept for nobody", n)
	}
	held := listen("Held", "hold.placed")
	letGo := listen("Let go", "hold.released")
	runs := func() (n int) {
		t.Helper()
		var both sync.WaitGroup
		for range 2 { // workers
			both.Go(func() {
				if err := f.workflows.SweepEvents(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if left := ask(`SELECT count(*) FROM workflow_events`); left != 0 {
			t.Errorf("%d events are left", left)
		}
		return ask(`SELECT count(*) FROM runs WHERE cause = 'event' AND input -> 'source' ->> 'name' = 'orders' AND input ->> 'hold' IS NOT NULL`)
	}
	hold(now.Add(-time.Minute))
	if n := runs(); n != 0 {
		t.Errorf("%d runs of what happened before it listened", n)
	}
	hold(f.clock.Now(), held)
	if n := runs(); n != 0 {
		t.Errorf("%d runs of what its own step did", n)
	}
	hold(f.clock.Now(), letGo)
	if n := runs(); n != 1 {
		t.Errorf("%d runs, want one", n)
	}
	for range 3 {
		hold(f.clock.Now())
	}
	if n := runs(); n != 4 {
		t.Errorf("%d runs of four holds", n)
	}
	if n := ask(`SELECT count(*) FROM (SELECT input ->> 'hold' < lag(input ->> 'hold') OVER (ORDER BY number) AS wrong FROM runs WHERE cause = 'event') r WHERE wrong`); n != 0 {
		t.Errorf("%d runs were started out of order", n)
	}
	ask(`WITH let AS (UPDATE holds SET released_at = now(), released_by = 'Olive' RETURNING 1) SELECT count(*) FROM let`)
	if n := runs(); n != 4+7 {
		t.Errorf("%d runs once all seven are released", n)
	}
}
