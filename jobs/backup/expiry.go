package backup

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// Expire applies a plan's retention: decides, marks what goes, deletes it from
// the vault, records it. It may be killed after any step and run again: what is
// marked is deleted by the next run, and a vault does not mind a second delete.
// While the clock is doubted nothing goes.
func (b *Backups) Expire(ctx context.Context, plan uuid.UUID) error {
	var marked []marked
	var workspace, vaultID uuid.UUID
	err := b.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		p, err := lockRetention(ctx, tx, plan)
		if db.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		workspace, vaultID = p.Workspace, p.VaultID
		if err := b.watch.Check(ctx, tx, workspace); fail.Is(err, fail.Conflict) {
			return nil // Home says why, and asks
		} else if err != nil {
			return err
		}
		if !p.frozen(b.clock.Now(), b.grace) {
			if err := b.decidePlan(ctx, tx, p, b.clock.Now()); err != nil {
				return err
			}
		}
		marked, err = markedOf(ctx, tx, plan)
		return err
	})
	if err != nil || len(marked) == 0 {
		return err
	}
	repo, err := b.vaults.Open(ctx, workspace, vaultID, false)
	if err != nil {
		return fmt.Errorf("expire plan %s: %w", plan, err)
	}
	defer func() { _ = repo.Close(context.WithoutCancel(ctx)) }()
	manifests := make([]string, len(marked))
	for i, m := range marked {
		manifests[i] = m.ManifestID
	}
	if err := repo.Delete(ctx, manifests...); err != nil {
		return fmt.Errorf("expire plan %s: %w", plan, err)
	}
	return b.recordDeleted(ctx, workspace, marked)
}

// retained is a plan, deleted ones too, as retention sees it.
type retained struct {
	Workspace uuid.UUID
	ID        uuid.UUID
	VaultID   uuid.UUID
	Zone      string
	Keep      Keep
	Earlier   []Earlier
	DeletedAt *time.Time // of the plan or its source
}

func (p retained) binding() Binding { return Binding{Rules{p.Keep, p.Zone}, p.Earlier} }

// frozen reports whether the plan or its source was deleted, and that can still be
// undone: so long nothing of it goes by itself.
func (p retained) frozen(now time.Time, grace time.Duration) bool {
	return p.DeletedAt != nil && now.Before(p.DeletedAt.Add(grace))
}

func lockRetention(ctx context.Context, tx pgx.Tx, plan uuid.UUID) (retained, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.workspace_id, p.id, p.vault_id, p.time_zone, p.keep, p.earlier_rules, greatest(p.deleted_at, s.deleted_at)
		FROM plans p JOIN sources s ON s.id = p.source_id WHERE p.id = $1 FOR UPDATE OF p`, plan)
	if err != nil {
		return retained{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[retained])
}

// decidePlan writes each live snapshot's reasons and expiry, and marks those that
// go. The rows are locked before holds are read: a hold that is being placed
// either is seen, or finds its snapshot marked.
func (b *Backups) decidePlan(ctx context.Context, tx pgx.Tx, p retained, now time.Time) error {
	if _, err := tx.Exec(ctx, `SELECT FROM snapshots WHERE plan_id = $1 AND state = 'good' ORDER BY id FOR UPDATE`, p.ID); err != nil {
		return err
	}
	items, err := itemsOf(ctx, tx, p.ID, now)
	if err != nil {
		return err
	}
	decisions, err := p.binding().Decide(now, items)
	if err == nil && slices.ContainsFunc(decisions, func(d Decision) bool { return !d.Keep }) {
		if err = b.discount(ctx, tx, p, items); err == nil {
			decisions, err = p.binding().Decide(now, items)
		}
	}
	if err != nil {
		return fmt.Errorf("plan %s: %w", p.ID, err)
	}
	ids, states := make([]uuid.UUID, len(decisions)), make([]bool, len(decisions))
	reasons, expires := make([]string, len(decisions)), make([]*time.Time, len(decisions))
	for i, d := range decisions {
		ids[i], states[i], reasons[i] = d.ID, d.Keep, joinReasons(d.Reasons)
		if !d.ExpiresAt.IsZero() {
			expires[i] = &decisions[i].ExpiresAt
		}
	}
	_, err = tx.Exec(ctx, `
		UPDATE snapshots n SET keep_reasons = string_to_array(d.reasons, ','), expires_at = d.expires,
			state = CASE WHEN d.keep THEN n.state ELSE 'deleting' END
		FROM unnest($1::uuid[], $2::bool[], $3::text[], $4::timestamptz[]) AS d(id, keep, reasons, expires)
		WHERE n.id = d.id AND (NOT d.keep OR n.expires_at IS DISTINCT FROM d.expires OR n.keep_reasons <> string_to_array(d.reasons, ','))`,
		ids, states, reasons, expires)
	return err
}

// discount doubts the snapshots that the vault does not hold, as after Levqor's own
// database was brought back from an older dump: such a row takes no place from a copy
// that is there.
func (b *Backups) discount(ctx context.Context, tx pgx.Tx, p retained, items []Item) error {
	repo, err := b.vaults.Open(ctx, p.Workspace, p.VaultID, false)
	if err != nil {
		return err
	}
	defer func() { _ = repo.Close(context.WithoutCancel(ctx)) }()
	kept, err := repo.Snapshots(ctx)
	if err != nil {
		return err
	}
	there := make([]string, len(kept))
	for i, k := range kept {
		there[i] = k.ID
	}
	rows, err := tx.Query(ctx, `SELECT id FROM snapshots WHERE plan_id = $1 AND state = 'good' AND manifest_id <> ALL($2)`, p.ID, there)
	if err != nil {
		return err
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if len(missing) == len(items) {
		return err // no copy is there that could lose its place
	}
	for i := range items {
		if slices.Contains(missing, items[i].ID) {
			items[i].Health = Doubted
		}
	}
	return err
}

func joinReasons(reasons []Reason) string {
	text := ""
	for i, r := range reasons {
		if i > 0 {
			text += ","
		}
		text += string(r)
	}
	return text
}

func itemsOf(ctx context.Context, tx pgx.Tx, plan uuid.UUID, now time.Time) ([]Item, error) {
	rows, err := tx.Query(ctx, `
		SELECT n.id, n.taken_at, n.health, EXISTS (SELECT FROM holds h WHERE h.snapshot_id = n.id AND `+holdActive+`), n.stored_bytes
		FROM snapshots n WHERE n.plan_id = @plan AND n.state = 'good'`, pgx.NamedArgs{"plan": plan, "now": now})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Item])
}

type marked struct {
	ID         uuid.UUID
	ManifestID string
	TakenAt    time.Time
}

func markedOf(ctx context.Context, tx pgx.Tx, plan uuid.UUID) ([]marked, error) {
	rows, err := tx.Query(ctx, `SELECT id, manifest_id, taken_at FROM snapshots WHERE plan_id = $1 AND state = 'deleting' ORDER BY taken_at`, plan)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[marked])
}

func (b *Backups) recordDeleted(ctx context.Context, workspace uuid.UUID, gone []marked) error {
	now := b.clock.Now()
	return b.db.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) error {
		for _, m := range gone {
			tag, err := tx.Exec(ctx, `UPDATE snapshots SET state = 'deleted', deleted_at = $2 WHERE id = $1 AND state = 'deleting'`, m.ID, now)
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 0 {
				continue // another run recorded it
			}
			err = audit.Write(ctx, tx, account.System(workspace), now, audit.Event{Action: "snapshot.deleted", SubjectKind: "snapshot", SubjectID: m.ID.String(),
				SubjectName: ShortID(m.ID), Detail: map[string]any{"manifest": m.ManifestID, "taken_at": m.TakenAt}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
