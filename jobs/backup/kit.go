package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/jobs/vault"
	"levqor/jobs/vault/kopia"
)

// restoredTo is where the kit's own command puts a snapshot.
const restoredTo = "restored"

// Kit is a vault's recovery kit, with what its snapshots are of and how those of
// databases are loaded by hand. Needs what vault.Kit needs.
func (b *Backups) Kit(ctx context.Context, actor account.Actor, id uuid.UUID) (vault.Kit, error) {
	kit, err := b.vaults.Kit(ctx, actor, id)
	if err != nil {
		return kit, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		kit.Plans, err = kitPlans(ctx, tx, id)
		return err
	})
	return kit, err
}

// kitPlans are the plans that have snapshots in the vault or will have, those
// deleted included as long as their snapshots are kept.
func kitPlans(ctx context.Context, tx pgx.Tx, id uuid.UUID) ([]vault.KitPlan, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.id, s.name, s.kind, n.manifest_id, n.taken_at, n.truth
		FROM plans p JOIN sources s ON s.id = p.source_id
		LEFT JOIN LATERAL (SELECT manifest_id, taken_at, truth FROM snapshots
			WHERE plan_id = p.id AND vault_id = $1 AND state = 'good' ORDER BY taken_at DESC LIMIT 1) n ON true
		WHERE p.workspace_id = current_workspace() AND (n.manifest_id IS NOT NULL OR p.vault_id = $1 AND p.deleted_at IS NULL)
		ORDER BY lower(s.name), p.id LIMIT 1000`, id)
	if err != nil {
		return nil, fmt.Errorf("list what is in a vault: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p vault.KitPlan, err error) {
		var manifest *string
		var at *time.Time
		var raw []byte
		if err := row.Scan(&p.ID, &p.Source, &p.Kind, &manifest, &at, &raw); err != nil {
			return p, err
		}
		p.Label = kopia.Label(label(p.ID))
		if manifest == nil {
			return p, nil
		}
		p.Manifest, p.TakenAt = *manifest, *at
		var truth source.Truth
		if err := json.Unmarshal(raw, &truth); err != nil {
			return p, fmt.Errorf("truth of the newest snapshot of plan %s: %w", p.ID, err)
		}
		if truth.Postgres == nil {
			return p, nil
		}
		for _, d := range truth.Postgres.Databases {
			p.Databases = append(p.Databases, d.Facts())
		}
		p.Commands = postgres.ByHand(*truth.Postgres, restoredTo)
		return p, nil
	})
}
