package alert

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// shelf is a vault as an alert is about it.
type shelf struct {
	tenant
	ID        uuid.UUID
	Name      string
	Damage    []vault.Damage // what is known of it now
	DeletedAt *time.Time
	ToldAt    *time.Time // when the open alert was last heard of
	Broken    int        // copies that could not be read whole when they were read again
}

const shelfColumns = `v.workspace_id, w.name, v.id, v.name, v.damage, v.deleted_at, (SELECT a.last_at FROM alerts a
	WHERE a.about_id = v.id AND a.kind = 'vault_damaged' AND a.resolved_at IS NULL),
	(SELECT count(*) FROM snapshots n WHERE n.vault_id = v.id AND n.state = 'good' AND n.health <> 'sound' AND n.doubt_reads > 0
		AND coalesce(n.doubt ->> 'cause', 'read') = 'read')`

func (s shelf) about() about { return about{tenant: s.tenant, vault: &s.ID} }

// news reports whether a piece was found damaged that nobody was told of, or
// copies are broken in a way that no piece of the vault stands for.
func (s shelf) news() bool {
	if len(s.Damage) == 0 {
		return s.Broken > 0 && s.ToldAt == nil
	}
	for _, d := range s.Damage {
		if s.ToldAt == nil || d.FoundAt.After(*s.ToldAt) {
			return true
		}
	}
	return false
}

// considerVault follows what is known of the vault after an upkeep: no damaged
// piece, and no copy that could not be read again, or it is told.
func (a *Alerts) considerVault(ctx context.Context, tx pgx.Tx, t task.Task) error {
	s, err := lockShelf(ctx, tx, t.ID)
	switch {
	case db.NoRows(err):
		return nil
	case err != nil:
		return err
	case s.DeletedAt != nil:
		return a.drop(ctx, tx, s.about(), []Kind{VaultDamaged}, *t.FinishedAt)
	case len(s.Damage) == 0 && s.Broken == 0:
		return a.whole(ctx, tx, s, *t.FinishedAt)
	case s.news() || t.FailureClass == fail.ClassDamaged:
		return a.damaged(ctx, tx, s, t)
	}
	return nil
}

// damaged tells of pieces that nobody was told of, and counts those found again.
func (a *Alerts) damaged(ctx context.Context, tx pgx.Tx, s shelf, t task.Task) error {
	v := verdict{wrong: VaultDamaged, class: fail.ClassDamaged, key: "vault.fail.copies_broken", args: map[string]any{"count": s.Broken}}
	if len(s.Damage) > 0 {
		v.key, v.args = "vault.fail.damage_found", map[string]any{"count": len(s.Damage), "blob": s.Damage[0].Blob}
	}
	was, err := record(ctx, tx, db.NewID(), s.about(), v, &t.ID, *t.FinishedAt)
	if err != nil || !was.Counted || !s.news() {
		return err
	}
	id := was.ID
	if !was.First {
		id = db.NewID() // more than the open alert's own notice says
	}
	return a.tell(ctx, tx, s.tenant, notice{id: id, kind: string(VaultDamaged), severity: Error, path: vaultPath(s.ID),
		args: map[string]any{"vault": s.Name, "failure_key": v.key, "failure_args": v.args}}, nil)
}

func (a *Alerts) whole(ctx context.Context, tx pgx.Tx, s shelf, at time.Time) error {
	over, err := resolve(ctx, tx, s.ID, []Kind{VaultDamaged}, at)
	if err != nil || len(over) == 0 {
		return err
	}
	return a.tell(ctx, tx, s.tenant, notice{id: db.NewID(), kind: "vault_whole", severity: Success, path: vaultPath(s.ID),
		args: map[string]any{"vault": s.Name}}, nil)
}

// lockShelf finds the vault of an upkeep and keeps two outcomes of it in order.
func lockShelf(ctx context.Context, tx pgx.Tx, upkeep uuid.UUID) (shelf, error) {
	rows, err := tx.Query(ctx, `SELECT `+shelfColumns+` FROM vault_tasks k JOIN vaults v ON v.id = k.vault_id
		JOIN workspaces w ON w.id = v.workspace_id WHERE k.id = $1 FOR UPDATE OF v`, upkeep)
	if err != nil {
		return shelf{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[shelf])
}

// forget closes the alerts of vaults that were removed.
func (a *Alerts) forget(ctx context.Context, tx pgx.Tx, now time.Time, limit int) error {
	rows, err := tx.Query(ctx, `
		UPDATE alerts SET resolved_at = $1 WHERE id IN (SELECT a.id FROM alerts a JOIN vaults v ON v.id = a.vault_id
			WHERE a.resolved_at IS NULL AND v.deleted_at IS NOT NULL LIMIT $2 FOR UPDATE OF a SKIP LOCKED)
		RETURNING workspace_id`, now, limit)
	if err != nil {
		return fmt.Errorf("look for alerts of removed vaults: %w", err)
	}
	workspaces, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	for _, id := range workspaces {
		if err := notifyChange(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}
