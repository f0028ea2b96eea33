package vault

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/vault/kopia"
)

// Unreadable is what of a doubted or damaged copy can't be read, as last looked
// at; the rest can be restored.
type Unreadable struct {
	Files int64    `json:"files"`
	Of    int64    `json:"of"`
	Paths []string `json:"paths"` // the first of them
}

// Inspect reads all of a snapshot from the vault's own place, without the cache,
// which it drops: what was found damaged may be so only there. The error says that
// it could not be found out.
func (v *Vaults) Inspect(ctx context.Context, workspace, id uuid.UUID, manifest string) (kopia.Inspection, error) {
	repo, err := v.OpenDirect(ctx, workspace, id)
	if err != nil {
		return kopia.Inspection{}, err
	}
	defer func() { _ = repo.Close(context.WithoutCancel(ctx)) }()
	if err := v.DropCache(id); err != nil {
		return kopia.Inspection{}, err
	}
	found, err := repo.Inspect(ctx, []string{manifest}, nil)
	return found[manifest], err
}

// Found doubts a copy that Inspect could not read whole, and has the vault know
// of its damage from now on, once tx commits.
func (v *Vaults) Found(ctx context.Context, tx pgx.Tx, id uuid.UUID, manifest string, found kopia.Inspection, key string) error {
	if err := v.Doubt(ctx, tx, id, []string{manifest}, Doubt{Cause: CauseRead, Key: key}); err != nil {
		return err
	}
	if err := v.NoteDamage(ctx, tx, id, found.Damage); err != nil {
		return err
	}
	return keepUnreadable(ctx, tx, id, manifest, found)
}

func keepUnreadable(ctx context.Context, tx pgx.Tx, vault uuid.UUID, manifest string, found kopia.Inspection) error {
	if found.Whole() {
		return nil
	}
	u := Unreadable{Files: found.Unreadable, Of: found.Files, Paths: append([]string{}, found.Paths...)}
	_, err := tx.Exec(ctx, `UPDATE snapshots SET unreadable = $3 WHERE vault_id = $1 AND manifest_id = $2 AND health <> 'sound'`, vault, manifest, u)
	if err != nil {
		return fmt.Errorf("keep what can't be read: %w", err)
	}
	return nil
}
