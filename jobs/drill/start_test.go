package drill

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
	"levqor/jobs/task"
)

// house is a Drills without vaults: enough for all but performing one.
type house struct {
	*Drills
	clock *clock.Clock
	actor account.Actor
	other account.Actor
}

func newHouse(t *testing.T) house {
	t.Helper()
	d := dbtest.New(t)
	q, err := queue.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock.Clock{}
	return house{&Drills{db: d, queue: q, clock: c, box: box}, c, dbtest.Workspace(t, d), dbtest.Workspace(t, d)}
}

func (h house) count(t *testing.T, plan uuid.UUID) (n int) {
	t.Helper()
	err := h.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM drills d JOIN river_job j ON j.args->>'id' = d.id::text WHERE plan_id = $1`, plan).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := h.clock.Now()
	shop := drilltest.New(t, h.db, h.actor, "shop-db", now.Add(-time.Hour))
	empty := drilltest.New(t, h.db, h.actor, "empty", now.Add(-time.Hour))
	_, snapshot := shop.Backup(now.Add(-time.Minute), 5)
	viewer := h.actor
	viewer.Role = account.RoleViewer

	t.Run("refuses", func(t *testing.T) {
		for name, c := range map[string]struct {
			start func() error
			kind  fail.Kind
		}{
			"a viewer":                   {func() error { _, err := h.Start(t.Context(), viewer, shop.PlanID); return err }, fail.Forbidden},
			"a viewer, one snapshot":     {func() error { _, err := h.StartSnapshot(t.Context(), viewer, snapshot); return err }, fail.Forbidden},
			"a viewer, all":              {func() error { _, err := h.StartAll(t.Context(), viewer); return err }, fail.Forbidden},
			"another workspace":          {func() error { _, err := h.Start(t.Context(), h.other, shop.PlanID); return err }, fail.NotFound},
			"another's snapshot":         {func() error { _, err := h.StartSnapshot(t.Context(), h.other, snapshot); return err }, fail.NotFound},
			"a plan that is not":         {func() error { _, err := h.Start(t.Context(), h.actor, db.NewID()); return err }, fail.NotFound},
			"a plan without a good copy": {func() error { _, err := h.Start(t.Context(), h.actor, empty.PlanID); return err }, fail.Conflict},
		} {
			if err := c.start(); !fail.Is(err, c.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if started, err := h.StartAll(t.Context(), h.other); err != nil || started != 0 {
			t.Errorf("another workspace proved all: %d, %v", started, err)
		}
	})

	id, err := h.Start(t.Context(), h.actor, shop.PlanID)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("makes a task, a row and a job", func(t *testing.T) {
		found, err := h.Get(t.Context(), h.actor, id)
		if err != nil || found.State != task.Queued || found.Cause != task.ByPerson || found.Passed != nil || h.count(t, shop.PlanID) != 1 {
			t.Fatalf("%+v, %v", found, err)
		}
	})
	t.Run("is busy while one is on its way", func(t *testing.T) {
		if _, err := h.StartSnapshot(t.Context(), h.actor, snapshot); !fail.Is(err, fail.Conflict) {
			t.Fatal(err)
		}
		if started, err := h.StartAll(t.Context(), h.actor); err != nil || started != 0 {
			t.Fatalf("%d, %v", started, err)
		}
	})
	t.Run("is nobody else's", func(t *testing.T) {
		if _, err := h.Get(t.Context(), h.other, id); !fail.Is(err, fail.NotFound) {
			t.Error(err)
		}
		if _, err := h.Proof(t.Context(), h.other, id); !fail.Is(err, fail.NotFound) {
			t.Error(err)
		}
		if all, err := h.List(t.Context(), h.other, Filter{Limit: 10}); err != nil || len(all) != 0 {
			t.Error(all, err)
		}
		if _, err := h.Keys(t.Context(), account.Actor{Kind: account.KindPerson}); !fail.Is(err, fail.Forbidden) {
			t.Error(err)
		}
	})
	t.Run("can be started again once it was canceled", func(t *testing.T) {
		if err := task.NewTasks(h.db, h.clock).Cancel(t.Context(), h.actor, id); err != nil {
			t.Fatal(err)
		}
		if started, err := h.StartAll(t.Context(), h.actor); err != nil || started != 1 {
			t.Fatalf("%d, %v", started, err)
		}
		all, err := h.List(t.Context(), h.actor, Filter{PlanID: shop.PlanID, Limit: 10})
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		rest, err := h.List(t.Context(), h.actor, Filter{Before: all[0].CreatedAt, BeforeID: all[0].ID, Limit: 10})
		if err != nil || len(rest) != 1 || rest[0].ID != all[1].ID {
			t.Fatal(rest, err)
		}
	})
}

func TestSweepSchedules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := h.clock.Now()
	weekly := func(name string, due time.Duration) *drilltest.History {
		s := drilltest.New(t, h.db, h.actor, name, now.Add(-100*24*time.Hour))
		s.Set("drill_cron", "0 3 * * 0")
		s.Set("next_drill_at", now.Add(due))
		return s
	}
	late, early, paused, empty, broken := weekly("late", -20*24*time.Hour), weekly("early", time.Hour), weekly("paused", -time.Hour), weekly("empty", -time.Hour), weekly("broken", -time.Hour)
	for _, s := range []*drilltest.History{late, early, paused, broken} {
		s.Backup(now.Add(-time.Hour), 5)
	}
	paused.Set("paused_at", now)
	broken.Set("drill_cron", "every sunday")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := h.SweepSchedules(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for name, c := range map[string]struct {
		s    *drilltest.History
		want int
	}{"one for many missed slots": {late, 1}, "not due": {early, 0}, "paused": {paused, 0}, "nothing to prove": {empty, 0}, "unreadable line": {broken, 0}} {
		if got := h.count(t, c.s.PlanID); got != c.want {
			t.Errorf("%s: %d drills, want %d", name, got, c.want)
		}
	}
	var next, slot time.Time
	err := h.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT next_drill_at, last_drill_slot FROM plans WHERE id = $1`, late.PlanID).Scan(&next, &slot)
	})
	if err != nil || !next.After(now) || slot.After(now) || now.Sub(slot) > 8*24*time.Hour {
		t.Fatalf("next %s, slot %s, %v", next, slot, err)
	}
	late.Set("next_drill_at", slot) // a clock set back
	if err := h.SweepSchedules(t.Context()); err != nil || h.count(t, late.PlanID) != 1 {
		t.Fatalf("served twice: %v", err)
	}
}

func TestFollowBackup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := h.clock.Now()
	shop := drilltest.New(t, h.db, h.actor, "shop-db", now.Add(-time.Hour))
	failed := shop.FailedBackup(now.Add(-3*time.Minute), "gone", "postgres.fail.refused")
	good, _ := shop.Backup(now.Add(-2*time.Minute), 5)
	proven := drilltest.New(t, h.db, h.actor, "proven", now.Add(-time.Hour))
	again, _ := proven.Backup(now.Add(-time.Minute), 5)
	proven.Drill(now.Add(-30*time.Minute), false)
	for range 2 {
		for _, id := range []uuid.UUID{failed, good, again} {
			if err := h.FollowBackup(t.Context(), shop.Task(id)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if a, b := h.count(t, shop.PlanID), h.count(t, proven.PlanID); a != 1 || b != 0 {
		t.Fatalf("first proofs: %d and %d", a, b)
	}
}

func TestSigningKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			k, err := signingKey(t.Context(), h.db, h.box, h.clock.Now())
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = k.id + encode64(k.private)
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatal("two processes made two keys")
		}
	}
	keys, err := h.Keys(t.Context(), h.actor)
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
}

func TestEvery(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 42, 0, 0, time.UTC)
	for cron, want := range map[string]time.Duration{
		"":            0,
		"nonsense":    0,
		"0 3 * * *":   24 * time.Hour,
		"0 3 * * 0":   7 * 24 * time.Hour,
		"0 3 * * 1,2": 6 * 24 * time.Hour,
	} {
		if got := Every(cron, "UTC", now); got != want {
			t.Errorf("%q: got %s, want %s", cron, got, want)
		}
	}
}
