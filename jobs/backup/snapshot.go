package backup

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/vault"
)

// SnapshotState is where a snapshot is in its life.
type SnapshotState string

const (
	Deleted  SnapshotState = "deleted"
	Deleting SnapshotState = "deleting"
	Good     SnapshotState = "good" // it is there
)

// Health is what is known of a snapshot's content. It never takes a copy away.
type Health string

const (
	Damaged Health = "damaged" // a fault was found, and found again each time it was read
	Doubted Health = "doubted" // a fault was found once; it is being read again
	Sound   Health = "sound"
)

// Snapshot is what a backup left in a vault. Sizes are bytes.
type Snapshot struct {
	ID          uuid.UUID
	PlanID      uuid.UUID
	SourceID    uuid.UUID
	SourceName  string
	SourceKind  source.Kind
	VaultID     uuid.UUID
	VaultName   string
	ManifestID  string
	TakenAt     time.Time
	Bytes       int64 // as the source had them
	StoredBytes int64 // new in the vault when it was taken
	Files       int64
	Rows        *int64 // of databases
	State       SnapshotState
	Health      Health
	DoubtedAt   *time.Time // when a fault was first found; nil while sound
	Doubt       *vault.Doubt
	RereadAt    *time.Time // when a doubted one is read again
	KeepReasons []Reason
	ExpiresAt   *time.Time // unless a newer one takes its place before; nil: nothing dates it
	ProvenAt    *time.Time
	DeletedAt   *time.Time
	Hold        *Hold             // the one that reaches furthest
	Unreadable  *vault.Unreadable // what of one that is not sound could not be read, as last looked at
	AdoptedAt   *time.Time        // when it was found in its vault, not recorded by its backup
	Uncovered   int               // databases that it does not hold though nobody left them out
}

// Short is the part of the id that people tell snapshots by.
func (s Snapshot) Short() string { return ShortID(s.ID) }

// ShortID is the last eight digits of an id: in a time-ordered id those are random.
func ShortID(id uuid.UUID) string { text := id.String(); return text[len(text)-8:] }

const snapshotColumns = `n.id, n.plan_id, n.source_id, s.name, s.kind, n.vault_id, v.name, n.manifest_id, n.taken_at, n.bytes, n.stored_bytes,
	n.files, n.rows, n.state, n.health, n.doubted_at, n.doubt, n.reread_at, n.keep_reasons, n.expires_at, n.proven_at, n.deleted_at,
	(SELECT jsonb_build_object('ID', h.id, 'SnapshotID', h.snapshot_id, 'Reason', h.reason, 'Until', h.until, 'HeldBy', h.held_by, 'CreatedAt', h.created_at)
	 FROM holds h WHERE h.snapshot_id = n.id AND ` + holdActive + ` ORDER BY h.until DESC NULLS FIRST LIMIT 1), n.unreadable, n.adopted_at, n.uncovered`

const snapshotTables = `snapshots n JOIN sources s ON s.id = n.source_id JOIN vaults v ON v.id = n.vault_id`

// SnapshotFilter narrows a list; zero fields don't. Text finds a source's name or
// the start or end of an id. Before and BeforeID are TakenAt and ID of the last row seen.
type SnapshotFilter struct {
	SourceID uuid.UUID
	PlanID   uuid.UUID
	Held     bool
	Deleted  bool // the deleted ones, in place of those that are there
	Text     string
	Before   time.Time
	BeforeID uuid.UUID
	Limit    int
}

// where is what the filter asks of snapshots n. What it does not ask is left out,
// so that each list is read along an index.
func (f SnapshotFilter) where() string {
	parts := []string{"n.workspace_id = current_workspace()", "n.state <> 'deleted'"}
	if f.Deleted {
		parts[1] = "n.state = 'deleted'"
	}
	if f.SourceID != uuid.Nil {
		parts = append(parts, "n.source_id = @source")
	}
	if f.PlanID != uuid.Nil {
		parts = append(parts, "n.plan_id = @plan")
	}
	if f.Held {
		parts = append(parts, "EXISTS (SELECT FROM holds h WHERE h.snapshot_id = n.id AND "+holdActive+")")
	}
	if strings.TrimSpace(f.Text) != "" {
		parts = append(parts, `(n.source_id IN (SELECT named.id FROM sources named WHERE named.name ILIKE '%' || @text || '%')
			OR n.id::text LIKE @text || '%' OR n.id::text LIKE '%' || @text)`)
	}
	if !f.Before.IsZero() {
		parts = append(parts, "n.taken_at <= @before AND (n.taken_at, n.id) < (@before, @before_id::uuid)")
	}
	return strings.Join(parts, " AND ")
}

// Snapshots is newest first. Needs View.
func (b *Backups) Snapshots(ctx context.Context, actor account.Actor, f SnapshotFilter) (found []Snapshot, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+snapshotColumns+`
			FROM (SELECT * FROM snapshots n WHERE `+f.where()+` ORDER BY n.taken_at DESC, n.id DESC LIMIT @limit) n
			JOIN sources s ON s.id = n.source_id JOIN vaults v ON v.id = n.vault_id
			ORDER BY n.taken_at DESC, n.id DESC`, pgx.NamedArgs{
			"source": f.SourceID, "plan": f.PlanID, "text": likeEscape(f.Text), "before": f.Before.UTC(), "before_id": f.BeforeID,
			"limit": limitOf(f.Limit), "now": b.clock.Now()})
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Snapshot])
		return err
	})
	return found, err
}

// Snapshot finds one, deleted ones too. Needs View.
func (b *Backups) Snapshot(ctx context.Context, actor account.Actor, id uuid.UUID) (found Snapshot, err error) {
	if err := actor.Require(account.View); err != nil {
		return Snapshot{}, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = findSnapshot(ctx, tx, id, b.clock.Now())
		return err
	})
	return found, err
}

func findSnapshot(ctx context.Context, tx pgx.Tx, id uuid.UUID, now time.Time) (Snapshot, error) {
	rows, err := tx.Query(ctx, `SELECT `+snapshotColumns+` FROM `+snapshotTables+` WHERE n.id = @id`, pgx.NamedArgs{"id": id, "now": now})
	if err != nil {
		return Snapshot{}, err
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Snapshot])
	if db.NoRows(err) {
		return Snapshot{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}

// Truth is what was in the source when the snapshot was taken. Needs View.
func (b *Backups) Truth(ctx context.Context, actor account.Actor, id uuid.UUID) (truth source.Truth, err error) {
	if err := actor.Require(account.View); err != nil {
		return source.Truth{}, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT truth FROM snapshots WHERE id = $1`, id).Scan(&truth)
	})
	if db.NoRows(err) {
		return source.Truth{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return truth, err
}

func likeEscape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.TrimSpace(text))
}
