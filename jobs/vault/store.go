package vault

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
	"levqor/jobs/task"
)

// row is a vault with what only the machine reads.
type row struct {
	ID                uuid.UUID
	WorkspaceID       uuid.UUID
	Name              string
	Kind              Kind
	Location          Location
	SealedCredentials []byte
	SealedKey         []byte
	State             State
	FullUpkeepAt      *time.Time
	VerifiedAt        *time.Time
	Damage            []Damage
	Revision          int
	DeletedAt         *time.Time
}

const rowColumns = `v.id, v.workspace_id, v.name, v.kind, v.location, v.sealed_credentials, v.sealed_key, v.state,
	v.full_upkeep_at, v.verified_at, v.damage, v.revision, v.deleted_at`

const vaultColumns = `v.id, v.name, v.kind, v.location, v.state, v.created_at, v.used_bytes, v.measured_at, v.full_upkeep_at,
	v.verified_at, v.damage, v.kit_downloaded_at, v.revision,
	(SELECT count(*) FROM plans p WHERE p.vault_id = v.id AND p.deleted_at IS NULL),
	(SELECT count(*) FROM snapshots n WHERE n.vault_id = v.id AND n.state <> 'deleted')`

func scanVault(r pgx.CollectableRow) (v Vault, err error) {
	err = r.Scan(&v.ID, &v.Name, &v.Kind, &v.Location, &v.State, &v.CreatedAt, &v.UsedBytes, &v.MeasuredAt, &v.FullUpkeepAt,
		&v.VerifiedAt, &v.Damage, &v.KitDownloadedAt, &v.Revision, &v.Plans, &v.Snapshots)
	return v, err
}

// list is every vault of the workspace, or the one asked for, with its newest task.
func list(ctx context.Context, tx pgx.Tx, only *uuid.UUID) ([]Vault, error) {
	rows, err := tx.Query(ctx, `SELECT `+vaultColumns+` FROM vaults v
		WHERE v.workspace_id = current_workspace() AND v.deleted_at IS NULL AND ($1::uuid IS NULL OR v.id = $1)
		ORDER BY lower(v.name), v.id LIMIT 200`, only)
	if err != nil {
		return nil, fmt.Errorf("list vaults: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanVault)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	newest, err := newestTasks(ctx, tx, found)
	if err != nil {
		return nil, err
	}
	for i, v := range found {
		t, ok := newest[v.ID]
		if !ok {
			continue
		}
		found[i].Task = &t
		if v.State == Creating && t.State.Final() && t.State != task.Succeeded {
			found[i].State = Failed
		}
	}
	return found, nil
}

func newestTasks(ctx context.Context, tx pgx.Tx, of []Vault) (map[uuid.UUID]task.Task, error) {
	ids := make([]uuid.UUID, len(of))
	for i, v := range of {
		ids[i] = v.ID
	}
	rows, err := tx.Query(ctx, `SELECT `+task.Columns+`, newest.vault_id FROM unnest($1::uuid[]) wanted(id)
		CROSS JOIN LATERAL (SELECT k.id, k.vault_id FROM vault_tasks k WHERE k.vault_id = wanted.id ORDER BY k.created_at DESC LIMIT 1) newest
		JOIN tasks t ON t.id = newest.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("find tasks of vaults: %w", err)
	}
	type taskOf struct {
		task.Task
		Vault uuid.UUID
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[taskOf])
	newest := map[uuid.UUID]task.Task{}
	for _, f := range found {
		newest[f.Vault] = f.Task
	}
	return newest, err
}

// lock finds a vault that is not deleted and keeps it as it is until tx ends.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (row, error) {
	found, err := find(ctx, tx, `WHERE v.id = $1 AND v.deleted_at IS NULL FOR UPDATE`, id)
	if db.NoRows(err) {
		return row{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}

// ofTask finds the vault that a task is about, also a deleted one.
func ofTask(ctx context.Context, tx pgx.Tx, id uuid.UUID) (row, error) {
	return find(ctx, tx, `JOIN vault_tasks k ON k.vault_id = v.id WHERE k.id = $1`, id)
}

func find(ctx context.Context, tx pgx.Tx, where string, id uuid.UUID) (row, error) {
	rows, err := tx.Query(ctx, `SELECT `+rowColumns+` FROM vaults v `+where, id)
	if err != nil {
		return row{}, fmt.Errorf("find vault: %w", err)
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[row])
}

// places of every vault there is, whoever owns it.
func places(ctx context.Context, tx pgx.Tx) ([]Location, error) {
	rows, err := tx.Query(ctx, `SELECT location FROM vaults WHERE deleted_at IS NULL`)
	if err != nil {
		return nil, fmt.Errorf("list places of vaults: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[Location])
}

func insert(ctx context.Context, tx pgx.Tx, r row, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO vaults (id, workspace_id, name, kind, location, sealed_credentials, sealed_key, created_at, upkeep_due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8::timestamptz + interval '1 hour')`,
		r.ID, r.WorkspaceID, r.Name, r.Kind, r.Location, r.SealedCredentials, r.SealedKey, now)
	return named(err, r.Name)
}

func update(ctx context.Context, tx pgx.Tx, r row) error {
	_, err := tx.Exec(ctx, `UPDATE vaults SET name = $2, location = $3, sealed_credentials = $4, revision = revision + 1 WHERE id = $1`,
		r.ID, r.Name, r.Location, r.SealedCredentials)
	return named(err, r.Name)
}

func named(err error, name string) error {
	if db.Violates(err, "vaults_name") {
		return &fail.Error{Kind: fail.Conflict, Key: "vault.fail.name_used", Args: map[string]any{"name": name},
			Fields: []fail.Field{{Name: "name", Key: "vault.field.name_taken", Args: map[string]any{"name": name}}}}
	}
	if err != nil {
		return fmt.Errorf("write vault: %w", err)
	}
	return nil
}

func tell(ctx context.Context, tx pgx.Tx, workspace, id uuid.UUID) error {
	for _, topic := range topics(id) {
		if err := live.Notify(ctx, tx, workspace, live.Topic(topic)); err != nil {
			return err
		}
	}
	return nil
}

func topics(id uuid.UUID) []string { return []string{"vaults", "vault-" + id.String()} }
