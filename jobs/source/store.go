package source

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
	"levqor/jobs/task"
)

// row is a source as its table has it.
type row struct {
	ID           uuid.UUID
	WorkspaceID  uuid.UUID
	Name         string
	Kind         Kind
	Config       json.RawMessage
	SealedSecret []byte
	IsSample     bool
	Facts        Facts
	TestedAt     *time.Time
	CreatedAt    time.Time
	Revision     int
	DeletedAt    *time.Time
}

const rowColumns = `s.id, s.workspace_id, s.name, s.kind, s.config, s.sealed_secret, s.is_sample, s.facts, s.tested_at, s.created_at,
	s.revision, s.deleted_at`

func find(ctx context.Context, tx pgx.Tx, where string, id uuid.UUID) (row, error) {
	rows, err := tx.Query(ctx, `SELECT `+rowColumns+` FROM sources s `+where, id)
	if err != nil {
		return row{}, fmt.Errorf("find source: %w", err)
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[row])
}

// lock finds a source that is not deleted and keeps it as it is until tx ends.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (row, error) {
	found, err := find(ctx, tx, `WHERE s.id = $1 AND s.deleted_at IS NULL FOR UPDATE`, id)
	if db.NoRows(err) {
		return row{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}

// list is every source of the workspace, or the one asked for, with its newest test.
func list(ctx context.Context, tx pgx.Tx, only *uuid.UUID) ([]Source, error) {
	rows, err := tx.Query(ctx, `SELECT `+rowColumns+` FROM sources s
		WHERE s.workspace_id = current_workspace() AND s.deleted_at IS NULL AND ($1::uuid IS NULL OR s.id = $1)
		ORDER BY lower(s.name), s.id LIMIT 500`, only)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	newest, err := newestTests(ctx, tx, found)
	if err != nil {
		return nil, err
	}
	sources := make([]Source, len(found))
	for i, r := range found {
		if sources[i], err = r.source(); err != nil {
			return nil, err
		}
		if t, ok := newest[r.ID]; ok {
			sources[i].Test = &t
		}
	}
	return sources, nil
}

func (r row) source() (Source, error) {
	config, err := decode(r.Kind, r.Config)
	return Source{ID: r.ID, Name: r.Name, Kind: r.Kind, Config: config, HasSecret: len(r.SealedSecret) > 0, IsSample: r.IsSample,
		Facts: r.Facts, TestedAt: r.TestedAt, CreatedAt: r.CreatedAt, Revision: r.Revision}, err
}

const testColumns = task.Columns + `, k.source_id, k.steps`

func newestTests(ctx context.Context, tx pgx.Tx, of []row) (map[uuid.UUID]Test, error) {
	ids := make([]uuid.UUID, len(of))
	for i, r := range of {
		ids[i] = r.ID
	}
	rows, err := tx.Query(ctx, `SELECT `+testColumns+` FROM unnest($1::uuid[]) wanted(id)
		CROSS JOIN LATERAL (SELECT id, source_id, steps FROM source_tests WHERE source_id = wanted.id ORDER BY created_at DESC LIMIT 1) k
		JOIN tasks t ON t.id = k.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("find tests of sources: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Test])
	newest := map[uuid.UUID]Test{}
	for _, t := range found {
		newest[t.SourceID] = t
	}
	return newest, err
}

func getTest(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Test, error) {
	rows, err := tx.Query(ctx, `SELECT `+testColumns+` FROM source_tests k JOIN tasks t ON t.id = k.id WHERE k.id = $1`, id)
	if err != nil {
		return Test{}, fmt.Errorf("find test: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Test])
	if db.NoRows(err) {
		return Test{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}

func insert(ctx context.Context, tx pgx.Tx, r row) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO sources (id, workspace_id, name, kind, config, sealed_secret, is_sample, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.ID, r.WorkspaceID, r.Name, r.Kind, r.Config, r.SealedSecret, r.IsSample, r.CreatedAt)
	return named(err, r.Name)
}

func update(ctx context.Context, tx pgx.Tx, r row) error {
	_, err := tx.Exec(ctx, `UPDATE sources SET name = $2, config = $3, sealed_secret = $4, revision = revision + 1 WHERE id = $1`,
		r.ID, r.Name, r.Config, r.SealedSecret)
	return named(err, r.Name)
}

func named(err error, name string) error {
	if db.Violates(err, "sources_name") {
		return &fail.Error{Kind: fail.Conflict, Key: "source.fail.name_used", Args: map[string]any{"name": name},
			Fields: []fail.Field{{Name: "name", Key: "source.field.name_taken", Args: map[string]any{"name": name}}}}
	}
	if err != nil {
		return fmt.Errorf("write source: %w", err)
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

func topics(id uuid.UUID) []string { return []string{"sources", "source-" + id.String()} }
