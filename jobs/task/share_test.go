package task_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/task"
)

// order is the job of a task in these tests.
type order struct {
	ID string `json:"id"`
}

func (order) Kind() string                 { return string(task.Backup) }
func (order) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Backups} }

// market is two workspaces that order work, and one slot that does it in River's order.
type market struct {
	*bundle
	queue *queue.Queue
	other account.Actor
}

func newMarket(t *testing.T) *market {
	t.Helper()
	b := setup(t)
	q, err := queue.New(b.db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return &market{b, q, dbtest.Workspace(t, b.db)}
}

func (m *market) order(actor account.Actor) uuid.UUID {
	m.Helper()
	id := db.NewID()
	err := m.db.InWorkspace(m.Context(), actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if err := task.Create(ctx, tx, actor, m.clock.Now(), task.New{ID: id, Kind: task.Backup, SubjectName: "shop", Cause: task.ByPerson}); err != nil {
			return err
		}
		return task.Enqueue(ctx, tx, m.queue, id, order{ID: id.String()})
	})
	if err != nil {
		m.Fatal(err)
	}
	return id
}

// jobs is how many tasks have a job that waits.
func (m *market) jobs() (n int) {
	m.Helper()
	if err := m.db.Pool().QueryRow(m.Context(), `SELECT count(*) FROM river_job WHERE kind = 'backup' AND queue = 'backups'`).Scan(&n); err != nil {
		m.Fatal(err)
	}
	return n
}

// take is the next job, Nil for none.
func (m *market) take() (id uuid.UUID) {
	m.Helper()
	err := m.db.Pool().QueryRow(m.Context(), `
		DELETE FROM river_job WHERE id = (SELECT id FROM river_job WHERE kind = 'backup' ORDER BY priority, scheduled_at, id LIMIT 1)
		RETURNING (args ->> 'id')::uuid`).Scan(&id)
	if err != nil && !db.NoRows(err) {
		m.Fatal(err)
	}
	return id
}

func (m *market) sweep() {
	m.Helper()
	if err := task.SweepWaiting(m.Context(), m.db, m.queue); err != nil {
		m.Fatal(err)
	}
}

// TestFiftyAgainstOne: 50 backups of one workspace, and then one of another, whose
// turn comes with the next slot.
func TestFiftyAgainstOne(t *testing.T) {
	m := newMarket(t)
	for range 50 {
		m.order(m.actor)
	}
	if n := m.jobs(); n != 2 {
		t.Fatalf("%d of one workspace are in hand", n)
	}
	theirs := m.order(m.other)
	turn, done := 0, 0
	for id := m.take(); id != uuid.Nil; id = m.take() {
		done++
		if id == theirs {
			turn = done
		}
		if err := m.runner.Do(t.Context(), id, fails(nil)); err != nil {
			t.Fatal(err)
		}
		if n := m.jobs(); n > 3 {
			t.Fatalf("%d in hand", n)
		}
	}
	if turn != 3 || done != 51 {
		t.Errorf("the other's turn was the %d. of %d", turn, done)
	}
}

// TestRoomIsNeverLost: what ends without an end of its own makes room too, by the sweep.
func TestRoomIsNeverLost(t *testing.T) {
	for name, leave := range map[string]func(*market, uuid.UUID) error{
		"canceled before its turn": func(m *market, id uuid.UUID) error { return m.tasks.Cancel(m.Context(), m.actor, id) },
		"resting between attempts": func(m *market, id uuid.UUID) error {
			err := m.runner.Do(m.Context(), id, fails(fail.Work(nil, fail.ClassTransient, "source.fail.timeout")))
			if _, later := errors.AsType[*queue.RetryLater](err); !later {
				return errors.New("it does not come again")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMarket(t)
			first := m.order(m.actor)
			m.order(m.actor)
			m.order(m.actor)
			if err := leave(m, first); err != nil {
				t.Fatal(err)
			}
			before := m.jobs()
			m.sweep()
			m.sweep() // once more changes nothing
			if n := m.jobs(); n != before+1 {
				t.Errorf("%d jobs, were %d", n, before)
			}
		})
	}
	t.Run("a waiting one is canceled", func(t *testing.T) {
		m := newMarket(t)
		m.order(m.actor)
		m.order(m.actor)
		third := m.order(m.actor)
		if err := m.tasks.Cancel(t.Context(), m.actor, third); err != nil {
			t.Fatal(err)
		}
		m.sweep()
		if n := m.jobs(); n != 2 {
			t.Errorf("%d jobs", n)
		}
	})
	t.Run("many order and end at once", func(t *testing.T) {
		m := newMarket(t)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { m.order(m.actor) })
		}
		all.Wait()
		m.sweep()
		if n := m.jobs(); n != 2 {
			t.Errorf("%d in hand", n)
		}
		done := 0
		for range 20 {
			a, b := m.take(), m.take()
			for _, id := range []uuid.UUID{a, b} {
				if id != uuid.Nil {
					done++
					all.Go(func() { _ = m.runner.Do(t.Context(), id, fails(nil)) })
				}
			}
			all.Wait()
			m.sweep()
		}
		if done != 20 {
			t.Errorf("%d of 20 were done", done)
		}
	})
}
