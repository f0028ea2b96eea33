package vault

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/vault/kopia"
)

// mostSuspects bounds what one round looks at; the rest waits for the next.
const mostSuspects = 1000

// suspect is a copy that is there and not sound.
type suspect struct {
	ID       uuid.UUID
	Manifest string
	Cause    Cause
	RereadAt *time.Time // nil once it counts as damaged
}

func suspectsOf(ctx context.Context, tx pgx.Tx, vault uuid.UUID) ([]suspect, error) {
	rows, err := tx.Query(ctx, `SELECT id, manifest_id, coalesce(doubt ->> 'cause', 'read'), reread_at FROM snapshots
		WHERE vault_id = $1 AND health <> 'sound' AND state = 'good' ORDER BY reread_at NULLS LAST, taken_at DESC LIMIT $2`, vault, mostSuspects)
	if err != nil {
		return nil, fmt.Errorf("list doubted snapshots: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[suspect])
}

func manifestsOf(ctx context.Context, tx pgx.Tx, vault uuid.UUID) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT manifest_id FROM snapshots WHERE vault_id = $1 AND state = 'good'`, vault)
	if err != nil {
		return nil, fmt.Errorf("list manifests: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// reread looks again at the copies whose turn it is and at the pieces that are
// known as damaged, all of them from the vault's own place.
func (u *upkeep) reread(ctx context.Context) error {
	err := u.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		u.suspects, err = suspectsOf(ctx, tx, u.vault.ID)
		return err
	})
	if err != nil {
		return err
	}
	due := map[string]suspect{}
	var manifests []string
	for _, s := range u.suspects {
		if s.Cause == CauseRead && s.RereadAt != nil && !s.RereadAt.After(u.Now()) {
			due[s.Manifest] = s
			manifests = append(manifests, s.Manifest)
		}
	}
	if len(due) == 0 || u.share >= wholeShare { // then all of the vault is read anyway
		return nil
	}
	u.Phase("reread")
	if err := u.rereadPieces(ctx); err != nil {
		return err
	}
	found, err := u.repo.Inspect(ctx, manifests, &u.meter)
	if err != nil {
		return err
	}
	u.inspected = found
	for _, manifest := range manifests {
		if found[manifest].Whole() {
			u.acquitted = append(u.acquitted, due[manifest].ID)
			continue
		}
		u.confirmed = append(u.confirmed, due[manifest].ID)
		if err := u.damaged(ctx, found[manifest].Damage); err != nil {
			return err
		}
	}
	return u.Log(ctx, "vault.log.reread", "whole", len(u.acquitted), "count", len(due))
}

func (u *upkeep) rereadPieces(ctx context.Context) error {
	known := make([]string, len(u.vault.Damage))
	for i, d := range u.vault.Damage {
		known[i] = d.Blob
	}
	found, err := u.repo.VerifyBlobs(ctx, known, &u.meter)
	if err != nil {
		return err
	}
	u.cleared = map[string]bool{}
	for _, blob := range known {
		u.cleared[blob] = !slices.ContainsFunc(found, func(d kopia.Damage) bool { return d.Blob == blob })
	}
	return u.damaged(ctx, found)
}

// judgeSuspects is after all of the vault was read.
func (u *upkeep) judgeSuspects() {
	u.acquitted, u.confirmed = nil, nil
	for _, s := range u.suspects {
		switch {
		case slices.Contains(u.spoiled, s.Manifest):
			u.confirmed = append(u.confirmed, s.ID)
		case s.Cause == CauseRead:
			u.acquitted = append(u.acquitted, s.ID)
		}
	}
}

// recordHealth keeps what was found of copies, and when the next is to be read.
func (u *upkeep) recordHealth(ctx context.Context, tx pgx.Tx, v *Vaults) error {
	d := Doubt{Cause: CauseRead, Key: "vault.doubt.upkeep"}
	if err := v.Doubt(ctx, tx, u.vault.ID, u.spoiled, d); err != nil {
		return err
	}
	if err := v.Acquit(ctx, tx, u.acquitted); err != nil {
		return err
	}
	if err := v.Confirm(ctx, tx, u.confirmed); err != nil {
		return err
	}
	for manifest, found := range u.inspected {
		if err := keepUnreadable(ctx, tx, u.vault.ID, manifest, found); err != nil {
			return err
		}
	}
	return planReread(ctx, tx, u.vault.ID, u.Now(), u.Now().Add(quickEvery))
}

// patience is how long a vault that did not answer a round is left alone.
const patience = 5 * time.Minute

// planReread makes the next round of a vault come when a copy's turn does, and
// at the hour at the latest.
func planReread(ctx context.Context, tx pgx.Tx, vault uuid.UUID, notBefore, hour time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE vaults SET upkeep_due_at = least($3::timestamptz, greatest($2::timestamptz, (SELECT min(reread_at) FROM snapshots
		WHERE vault_id = $1 AND health = 'doubted' AND state = 'good' AND coalesce(doubt ->> 'cause', 'read') = 'read'))) WHERE id = $1
		AND EXISTS (SELECT FROM snapshots WHERE vault_id = $1 AND health = 'doubted' AND state = 'good' AND coalesce(doubt ->> 'cause', 'read') = 'read')`, vault, notBefore, hour)
	if err != nil {
		return fmt.Errorf("plan to read again: %w", err)
	}
	return nil
}
