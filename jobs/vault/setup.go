package vault

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

// StartSetup runs the set-up again, after a failed one or to try a vault. It is
// harmless where the vault exists. Needs Manage. Conflict (task.fail.busy) while
// other work on the vault runs.
func (v *Vaults) StartSetup(ctx context.Context, actor account.Actor, id uuid.UUID) (setup uuid.UUID, err error) {
	return v.start(ctx, actor, account.Manage, id, v.enqueueSetup)
}

func (v *Vaults) start(ctx context.Context, actor account.Actor, power account.Power, id uuid.UUID,
	enqueue func(context.Context, pgx.Tx, account.Actor, row) (uuid.UUID, error)) (started uuid.UUID, err error) {
	if err := actor.Require(power); err != nil {
		return uuid.Nil, err
	}
	err = v.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		started, err = enqueue(ctx, tx, actor, r)
		return err
	})
	return started, err
}

func (v *Vaults) enqueueSetup(ctx context.Context, tx pgx.Tx, actor account.Actor, r row) (uuid.UUID, error) {
	id, err := v.enqueue(ctx, tx, actor, r, task.VaultSetup)
	if err != nil {
		return uuid.Nil, err
	}
	return id, task.Enqueue(ctx, tx, v.queue, id, SetupArgs{ID: id.String()})
}

// enqueue adds task and detail row; one work at a time touches a vault's own files.
func (v *Vaults) enqueue(ctx context.Context, tx pgx.Tx, actor account.Actor, r row, kind task.Kind) (uuid.UUID, error) {
	id, now := db.NewID(), v.clock.Now()
	err := task.Create(ctx, tx, actor, now, task.New{ID: id, Kind: kind, SubjectName: r.Name,
		ExclusiveKey: "vault-" + r.ID.String(), Cause: task.CauseOf(actor), Topics: topics(r.ID)})
	if err != nil {
		return uuid.Nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO vault_tasks (id, workspace_id, vault_id, created_at) VALUES ($1, $2, $3, $4)`, id, r.WorkspaceID, r.ID, now)
	return id, err
}

// PerformSetup probes the place and makes the repository there. Killed and run
// again, it finds what it made and goes on.
func (v *Vaults) PerformSetup(ctx context.Context, id uuid.UUID) error {
	return v.runner.Do(ctx, id, func(ctx context.Context, a *task.Active) (func(context.Context, pgx.Tx) error, error) {
		r, err := v.rowOf(ctx, a)
		if err != nil {
			return nil, err
		}
		at, key, err := v.access(r)
		if err != nil {
			return nil, err
		}
		a.Phase("probe")
		if err := kopia.Probe(ctx, at); err != nil {
			return nil, err
		}
		a.Phase("create")
		if err := ensure(ctx, at, key, r.State); err != nil {
			return nil, err
		}
		return func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE vaults SET state = 'ready' WHERE id = $1`, r.ID)
			return err
		}, nil
	})
}

// rowOf is the vault that the task is about, which may be gone by now.
func (v *Vaults) rowOf(ctx context.Context, a *task.Active) (r row, err error) {
	err = a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err = ofTask(ctx, tx, a.Task.ID)
		return err
	})
	if err == nil && r.DeletedAt != nil {
		err = fail.Work(nil, fail.ClassGone, "vault.fail.deleted")
	}
	return r, err
}

// ensure makes a new vault. One that was ready must be there: making it again
// would hide that its snapshots are lost.
func ensure(ctx context.Context, at kopia.Location, key []byte, state State) error {
	if state == Ready {
		opened, err := kopia.Open(ctx, at, key, kopia.Options{ReadOnly: true})
		if err != nil {
			return err
		}
		return opened.Close(ctx)
	}
	err := kopia.Create(ctx, at, key)
	if fail.Is(err, fail.Conflict) {
		return fail.Work(err, fail.ClassConfig, "vault.fail.occupied")
	}
	return err
}
