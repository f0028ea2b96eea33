package task_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/task"
)

type bundle struct {
	*testing.T
	db     *db.DB
	clock  *clock.Clock
	runner *task.Runner
	tasks  *task.Tasks
	actor  account.Actor
}

func setup(t *testing.T) *bundle {
	t.Helper()
	t.Parallel()
	d := dbtest.New(t)
	log := slog.New(slog.DiscardHandler)
	q, err := queue.New(d, log)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock.Clock{}
	return &bundle{T: t, db: d, clock: c, runner: task.NewRunner(d, q, c, log), tasks: task.NewTasks(d, c), actor: dbtest.Workspace(t, d)}
}

func (b *bundle) create(exclusive string) (uuid.UUID, error) {
	b.Helper()
	id := db.NewID()
	err := b.db.InWorkspace(b.Context(), b.actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return task.Create(ctx, tx, b.actor, b.clock.Now(), task.New{
			ID: id, Kind: task.Backup, SubjectName: "shop", ExclusiveKey: exclusive, Cause: task.ByPerson})
	})
	return id, err
}

func (b *bundle) must() uuid.UUID {
	b.Helper()
	id, err := b.create("")
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func (b *bundle) get(id uuid.UUID) task.Task {
	b.Helper()
	found, _, err := b.tasks.Get(b.Context(), b.actor, id)
	if err != nil {
		b.Fatal(err)
	}
	return found
}

func (b *bundle) endedJobs() (n int) {
	b.Helper()
	if err := b.db.Pool().QueryRow(b.Context(), `SELECT count(*) FROM river_job WHERE kind = 'task_ended'`).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

func fails(err error) task.Work {
	return func(context.Context, *task.Active) (func(context.Context, pgx.Tx) error, error) { return nil, err }
}

func TestOutcomes(t *testing.T) {
	for name, tt := range map[string]struct {
		err       error
		wantState task.State
		wantKey   string
		wantRetry bool
	}{
		"success":             {nil, task.Succeeded, "", false},
		"a known failure":     {fail.Work(errors.New("x"), fail.ClassCredentials, "source.fail.password"), task.Failed, "source.fail.password", false},
		"an unknown failure":  {errors.New("dial tcp 10.0.0.1: secret stuff"), task.Failed, "task.fail.internal", false},
		"a transient failure": {fail.Work(nil, fail.ClassTransient, "source.fail.timeout"), task.Queued, "source.fail.timeout", true},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			id := b.must()
			err := b.runner.Do(t.Context(), id, fails(tt.err))
			_, retry := errors.AsType[*queue.RetryLater](err)
			if retry != tt.wantRetry || (err != nil && !retry) {
				t.Fatalf("Do: %v", err)
			}
			got := b.get(id)
			if got.State != tt.wantState || got.FailureKey != tt.wantKey {
				t.Fatalf("state %s key %q", got.State, got.FailureKey)
			}
			if wantEnded := got.State.Final(); (b.endedJobs() == 1) != wantEnded {
				t.Fatalf("%d follow-up jobs", b.endedJobs())
			}
		})
	}
}

func TestTransientFailuresEnd(t *testing.T) {
	b := setup(t)
	id := b.must()
	for range task.MaxAttempts {
		_ = b.runner.Do(t.Context(), id, fails(fail.Work(nil, fail.ClassTransient, "source.fail.timeout")))
	}
	if got := b.get(id); got.State != task.Failed || got.Attempt != task.MaxAttempts {
		t.Fatalf("%s after %d attempts", got.State, got.Attempt)
	}
}

func TestAPanicIsAFailure(t *testing.T) {
	b := setup(t)
	id := b.must()
	err := b.runner.Do(t.Context(), id, func(context.Context, *task.Active) (func(context.Context, pgx.Tx) error, error) { panic("boom") })
	if got := b.get(id); err != nil || got.State != task.Failed || got.FailureKey != "task.fail.internal" {
		t.Fatalf("%v, %+v", err, got)
	}
}

func TestExclusive(t *testing.T) {
	b := setup(t)
	first, err := b.create("plan/1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.create("plan/1"); !fail.Is(err, fail.Conflict) {
		t.Fatalf("a second one: %v", err)
	}
	if err := b.runner.Do(t.Context(), first, fails(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.create("plan/1"); err != nil {
		t.Fatalf("after the first ended: %v", err)
	}
}

func TestCancel(t *testing.T) {
	t.Run("a viewer can't", func(t *testing.T) {
		b := setup(t)
		viewer := b.actor
		viewer.Role = account.RoleViewer
		if err := b.tasks.Cancel(t.Context(), viewer, b.must()); !fail.Is(err, fail.Forbidden) {
			t.Fatal(err)
		}
	})
	t.Run("another workspace can't", func(t *testing.T) {
		b := setup(t)
		if err := b.tasks.Cancel(t.Context(), dbtest.Workspace(t, b.db), b.must()); !fail.Is(err, fail.NotFound) {
			t.Fatal(err)
		}
	})
	t.Run("what waits never runs", func(t *testing.T) {
		b := setup(t)
		id := b.must()
		if err := b.tasks.Cancel(t.Context(), b.actor, id); err != nil {
			t.Fatal(err)
		}
		err := b.runner.Do(t.Context(), id, func(context.Context, *task.Active) (func(context.Context, pgx.Tx) error, error) {
			t.Error("ran")
			return nil, nil
		})
		if err != nil || b.get(id).State != task.Canceled {
			t.Fatal(err, b.get(id).State)
		}
		if err := b.tasks.Cancel(t.Context(), b.actor, id); !fail.Is(err, fail.Conflict) {
			t.Fatalf("a second time: %v", err)
		}
	})
	t.Run("what runs sees its context end", func(t *testing.T) {
		b := setup(t)
		id := b.must()
		err := b.runner.Do(t.Context(), id, func(ctx context.Context, a *task.Active) (func(context.Context, pgx.Tx) error, error) {
			if err := b.tasks.Cancel(ctx, b.actor, id); err != nil {
				return nil, err
			}
			<-ctx.Done()
			return nil, errors.New("pg_dump was killed")
		})
		if got := b.get(id); err != nil || got.State != task.Canceled || got.FailureKey != "task.fail.canceled" {
			t.Fatalf("%v, %s %s", err, got.State, got.FailureKey)
		}
	})
}

func TestAnOlderClaimIsFencedOut(t *testing.T) {
	b := setup(t)
	id := b.must()
	wrote := func(name string) func(context.Context, pgx.Tx) error {
		return func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE tasks SET subject_name = $2 WHERE id = $1`, id, name)
			return err
		}
	}
	err := b.runner.Do(t.Context(), id, func(ctx context.Context, a *task.Active) (func(context.Context, pgx.Tx) error, error) {
		err := b.runner.Do(ctx, id, func(context.Context, *task.Active) (func(context.Context, pgx.Tx) error, error) {
			return wrote("second"), nil
		})
		if err != nil {
			t.Error(err)
		}
		return wrote("first"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.get(id); got.SubjectName != "second" || got.State != task.Succeeded || b.endedJobs() != 1 {
		t.Fatalf("%+v, %d follow-ups", got, b.endedJobs())
	}
}

func TestAStoppingProcessPutsItsTaskBack(t *testing.T) {
	b := setup(t)
	id := b.must()
	ctx, stop := context.WithCancel(t.Context())
	err := b.runner.Do(ctx, id, func(ctx context.Context, a *task.Active) (func(context.Context, pgx.Tx) error, error) {
		stop()
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if _, retry := errors.AsType[*queue.RetryLater](err); !retry {
		t.Fatal(err)
	}
	if got := b.get(id); got.State != task.Queued || got.Attempt != 0 {
		t.Fatalf("%s, attempt %d: stopping must not use up an attempt", got.State, got.Attempt)
	}
}
