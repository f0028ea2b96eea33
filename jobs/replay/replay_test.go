package replay_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/fail"
	"levqor/jobs/replay"
)

// TestOnce: a request and its key are one transaction; at whatever moment the
// database goes away, asking again does it exactly once.
func TestOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	actor := dbtest.Workspace(t, d)
	actor.ID = token(t, d, actor)
	r := replay.New(d, &clock.Clock{})
	effect := func(ctx context.Context, name string) error {
		if err := d.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error { // as some work does on its way
			_, err := tx.Exec(ctx, `INSERT INTO worker_leases (worker, session, beat_at, steady_since) VALUES ($1, '', now(), now())`, name)
			return err
		}); err != nil {
			return err
		}
		return d.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE workspaces SET name = name || $1`, name)
			return err
		})
	}
	done := func(name string) (n int) {
		t.Helper()
		if err := d.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM worker_leases, workspaces WHERE worker = $1 AND name LIKE '%' || $1`, name).Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	answer := &replay.Answer{Status: 201, Headers: map[string]string{"Location": "/there"}, Body: []byte("made")}
	once := func(name string, between func(ctx context.Context)) (*replay.Answer, error) {
		return r.Once(t.Context(), actor, replay.Request{Key: name, MAC: []byte(name)}, func(ctx context.Context) *replay.Answer {
			if effect(ctx, name) != nil {
				return nil
			}
			between(ctx)
			return answer
		})
	}
	nothing := func(context.Context) {}
	t.Run("the database goes away before the answer is kept", func(t *testing.T) {
		_, err := once("away", func(ctx context.Context) {
			_ = d.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
				_, err := tx.Exec(ctx, `SELECT set_config('role', 'none', true), pg_terminate_backend(pg_backend_pid())`)
				return err
			})
		})
		if !fail.Is(err, fail.Unavailable) || done("away") != 0 {
			t.Fatalf("%v, done %d times", err, done("away"))
		}
		if kept, err := once("away", nothing); kept != nil || err != nil || done("away") != 1 {
			t.Fatalf("again: %v %v, done %d times", kept, err, done("away"))
		}
		if kept, err := once("away", nothing); err != nil || kept == nil || string(kept.Body) != "made" || kept.Headers["Location"] != "/there" {
			t.Fatalf("a third time: %+v %v", kept, err)
		}
	})
	t.Run("what fails is taken back whole", func(t *testing.T) {
		kept, err := r.Once(t.Context(), actor, replay.Request{Key: "failed", MAC: []byte("failed")}, func(ctx context.Context) *replay.Answer {
			_ = effect(ctx, "failed")
			return nil
		})
		if kept != nil || err != nil || done("failed") != 0 {
			t.Fatalf("%v %v %d", kept, err, done("failed"))
		}
		if _, err := once("failed", nothing); err != nil || done("failed") != 1 {
			t.Fatalf("%v %d", err, done("failed"))
		}
	})
	t.Run("of many at once one is done, and all are answered", func(t *testing.T) {
		var all sync.WaitGroup
		var replayed atomic.Int32
		for range 6 {
			all.Go(func() {
				kept, err := once("race", func(context.Context) { time.Sleep(50 * time.Millisecond) })
				if err != nil {
					t.Error(err)
				}
				if kept != nil {
					replayed.Add(1)
				}
			})
		}
		all.Wait()
		if done("race") != 1 || replayed.Load() != 5 {
			t.Errorf("done %d times, answered again %d times", done("race"), replayed.Load())
		}
	})
}

func token(t *testing.T, d *db.DB, actor account.Actor) (id uuid.UUID) {
	t.Helper()
	id = db.NewID()
	if err := d.InWorkspace(t.Context(), actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO api_tokens (id, workspace_id, name, hint, token_hash, scopes, created_by, created_at, expires_at)
			VALUES ($1, $2, 'test', 'lq', $3, '{manage}', $4::text, now(), now() + interval '1 day')`, id, actor.Workspace, id[:], actor.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}
