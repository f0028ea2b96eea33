package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/jobs/vault/kopia"
)

// order is what a backup has to do.
type order struct {
	PlanID    uuid.UUID
	SourceID  uuid.UUID
	VaultID   uuid.UUID
	VaultName string
	Kind      source.Kind
	LastFiles int64 // of the newest snapshot; 0 before the first
}

// Perform is the work of a backup's job; task.Runner says what it returns. It may
// be killed anywhere and run again: what was uploaded is found again by its
// hash, and a manifest whose row was never committed is adopted by the next run.
func (b *Backups) Perform(ctx context.Context, id uuid.UUID) error {
	return b.runner.Do(ctx, id, func(ctx context.Context, a *task.Active) (func(context.Context, pgx.Tx) error, error) {
		o, err := b.orderOf(ctx, a, id)
		if err != nil {
			return nil, err
		}
		a.Phase("connecting")
		if a.Task.Attempt > 1 {
			if err := a.Log(ctx, "backup.log.again", "attempt", a.Task.Attempt); err != nil {
				return nil, err
			}
		}
		spec, err := b.sources.Reach(ctx, a.Task.WorkspaceID, o.SourceID)
		if err != nil {
			return nil, err
		}
		ctx, stop := b.sources.Watch(ctx, a.Task.WorkspaceID, o.SourceID)
		defer stop()
		finish, err := b.write(ctx, a, o, spec)
		if err != nil && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return finish, err
	})
}

func (b *Backups) orderOf(ctx context.Context, a *task.Active, id uuid.UUID) (o order, err error) {
	err = a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT b.plan_id, b.source_id, b.vault_id, v.name, s.kind,
				coalesce((SELECT n.files FROM snapshots n WHERE n.plan_id = b.plan_id ORDER BY n.taken_at DESC, n.id DESC LIMIT 1), 0)
			FROM backups b JOIN sources s ON s.id = b.source_id JOIN vaults v ON v.id = b.vault_id WHERE b.id = $1`, id).
			Scan(&o.PlanID, &o.SourceID, &o.VaultID, &o.VaultName, &o.Kind, &o.LastFiles)
	})
	return o, err
}

// label is the vault's name for what one plan writes: its snapshots build on each other.
func label(plan uuid.UUID) string { return "plan-" + plan.String() }

func (b *Backups) write(ctx context.Context, a *task.Active, o order, spec source.Spec) (finish func(context.Context, pgx.Tx) error, err error) {
	repo, err := b.vaults.Open(ctx, a.Task.WorkspaceID, o.VaultID, false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = repo.Close(context.WithoutCancel(ctx)) }()
	if err := b.adopt(ctx, repo, a.Task, o); err != nil {
		return nil, err
	}
	if err := a.Log(ctx, "backup.log.opened", "vault", o.VaultName); err != nil {
		return nil, err
	}
	a.Phase("reading")
	meter := expecting(o, spec)
	a.Measure(meter.Progress)
	var truth source.Truth
	taken := a.Now()
	damaged, err := b.vaults.Damaged(ctx, a.Task.WorkspaceID, o.VaultID)
	if err != nil {
		return nil, err
	}
	of := kopia.Snapshot{Source: label(o.PlanID), Description: "Levqor backup " + a.Task.ID.String(), Start: taken, Damaged: damaged}
	result, err := repo.Write(ctx, of, &meter.Vault,
		func(ctx context.Context, w *kopia.Writer) error {
			truth, err = b.sources.Engine(o.Kind).Backup(ctx, spec, w, taken, meter)
			return err
		})
	if err != nil {
		return nil, b.notKept(ctx, a, o, err)
	}
	a.Phase("recording")
	rests, err := b.vaults.RestsOnDamage(ctx, a.Task.WorkspaceID, o.VaultID, repo, result.ManifestID)
	if err != nil {
		return nil, err
	}
	if err := logContents(ctx, a, result, truth); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx pgx.Tx) error {
		if err := keepSnapshot(ctx, tx, a.Task, o, taken, result, truth); err != nil {
			return err
		}
		if len(damaged) > 0 {
			if err := b.vaults.Mended(ctx, tx, o.VaultID); err != nil {
				return err
			}
		}
		if !rests {
			return nil
		}
		return b.vaults.Doubt(ctx, tx, o.VaultID, []string{result.ManifestID}, vault.Doubt{Cause: vault.CauseRead, Key: "vault.doubt.rests"})
	}, nil
}

// expecting is a meter that knows how much there will be, as far as anybody can:
// from the last test before the first backup, from the last snapshot after it.
func expecting(o order, spec source.Spec) *source.Meter {
	meter := &source.Meter{}
	switch {
	case o.LastFiles > 0:
		meter.Expect(o.LastFiles, 0) // how much of it has to be read again shows only then
	case !spec.Facts.More:
		meter.Expect(spec.Facts.Files, spec.Facts.Bytes)
	}
	return meter
}

const mostLogged = 20

// logContents tells what was found: each database, or the files.
func logContents(ctx context.Context, a *task.Active, r kopia.Result, truth source.Truth) error {
	if truth.Postgres == nil {
		return a.Log(ctx, "backup.log.done", "files", truth.Files, "unchanged", r.Unchanged, "skipped", r.Skipped)
	}
	for _, d := range truth.Postgres.Databases[:min(mostLogged, len(truth.Postgres.Databases))] {
		var rows int64
		for _, t := range d.Tables {
			rows += t.Rows
		}
		if err := a.Log(ctx, "backup.log.database", "name", d.Name, "tables", len(d.Tables), "rows", rows); err != nil {
			return err
		}
	}
	return nil
}

func keepSnapshot(ctx context.Context, tx pgx.Tx, t task.Task, o order, taken time.Time, r kopia.Result, truth source.Truth) error {
	id, files, size := db.NewID(), r.Files, max(truth.Bytes, r.Bytes)
	if truth.Tree != nil { // without the list that we add
		files, size = truth.Files, truth.Bytes
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO snapshots (id, workspace_id, plan_id, source_id, vault_id, manifest_id, taken_at, bytes, stored_bytes, files, rows, truth, uncovered, keep_reasons)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '{newest}')`,
		id, t.WorkspaceID, o.PlanID, o.SourceID, o.VaultID, r.ManifestID, taken, size, r.Stored, files, truth.Rows, truth, truth.Uncovered); err != nil {
		return fmt.Errorf("keep snapshot: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE backups SET snapshot_id = $2 WHERE id = $1`, t.ID, id); err != nil {
		return fmt.Errorf("keep snapshot: %w", err)
	}
	_, err := tx.Exec(ctx, `UPDATE plans SET expiry_due_at = least(expiry_due_at, $2) WHERE id = $1`, o.PlanID, taken)
	return err
}
