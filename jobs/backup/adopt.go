package backup

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/jobs/vault/kopia"
)

// adopt gives a row to each complete copy of the plan that the vault holds and no
// row knows: left by a run that was killed before its commit, or taken after the
// state that Levqor's own database was brought back to. The plan's rules then
// decide about it as about any other.
func (b *Backups) adopt(ctx context.Context, repo *kopia.Repository, t task.Task, o order) error {
	found, err := b.unknown(ctx, repo, t.WorkspaceID, o)
	for _, k := range found {
		if err := b.adoptOne(ctx, repo, t.WorkspaceID, o, k); err != nil {
			return fmt.Errorf("adopt %s: %w", k.ID, err)
		}
	}
	return err
}

func (b *Backups) unknown(ctx context.Context, repo *kopia.Repository, workspace uuid.UUID, o order) (found []kopia.Kept, err error) {
	kept, err := repo.Snapshots(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[string]kopia.Kept{}
	var complete []string
	for _, k := range kept {
		if k.Complete && k.Source == label(o.PlanID) {
			byID[k.ID] = k
			complete = append(complete, k.ID)
		}
	}
	if len(complete) == 0 {
		return nil, nil
	}
	err = b.db.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT manifest FROM unnest($2::text[]) AS manifest
			WHERE NOT EXISTS (SELECT FROM snapshots s WHERE s.vault_id = $1 AND s.manifest_id = manifest)`, o.VaultID, complete)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, id := range ids {
			found = append(found, byID[id])
		}
		return err
	})
	return found, err
}

func (b *Backups) adoptOne(ctx context.Context, repo *kopia.Repository, workspace uuid.UUID, o order, k kopia.Kept) error {
	truth, err := source.Recall(ctx, repo, k.ID, o.Kind)
	damaged := fail.ClassOf(err) == fail.ClassDamaged
	switch {
	case damaged, fail.Is(err, fail.NotFound): // with what else is known of it
		truth = source.Truth{Kind: o.Kind, Files: k.Files, Bytes: k.Bytes}
	case err != nil:
		return err
	}
	files, size := truth.Files, truth.Bytes
	if truth.Tree == nil {
		files, size = k.Files, max(k.Bytes, truth.Bytes)
	}
	now := b.clock.Now()
	return b.db.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) error {
		id := db.NewID()
		tag, err := tx.Exec(ctx, `
			INSERT INTO snapshots (id, workspace_id, plan_id, source_id, vault_id, manifest_id, taken_at, bytes, stored_bytes, files, rows, truth,
				keep_reasons, uncovered, adopted_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, '{}', $12, $13) ON CONFLICT (vault_id, manifest_id) DO NOTHING`,
			id, workspace, o.PlanID, o.SourceID, o.VaultID, k.ID, k.Start, size, files, truth.Rows, truth, truth.Uncovered, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if damaged {
			if err := b.vaults.Doubt(ctx, tx, o.VaultID, []string{k.ID}, vault.Doubt{Cause: vault.CauseRead, Key: "vault.doubt.adopted"}); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, account.System(workspace), now, audit.Event{Action: "snapshot.adopted", SubjectKind: "snapshot", SubjectID: id.String(),
			SubjectName: ShortID(id), Detail: map[string]any{"manifest": k.ID, "taken_at": k.Start}})
	})
}
