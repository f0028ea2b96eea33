package services

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"levqor/jobs/db"
	"levqor/jobs/secret"
	"levqor/migrations"
)

// checkSchema refuses a database that is not of this build: what an older or newer
// program would do to it nobody has tried.
func checkSchema(ctx context.Context, d *db.DB) error {
	wanted, err := migrations.Newest()
	if err != nil {
		return err
	}
	var found int64
	err = d.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&found)
	})
	pg, _ := errors.AsType[*pgconn.PgError](err)
	switch {
	case pg != nil && pg.Code == "42P01": // no such table
		return errors.New("refusing to start: the database at DATABASE_URL is empty; run `levqor migrate` first")
	case pg != nil && pg.Code == "42501", err == nil && found < wanted: // what may be read came with the newest
		return fmt.Errorf("refusing to start: the database's schema is older than this levqor, which needs version %d; run `levqor migrate` first", wanted)
	case err != nil:
		return fmt.Errorf("look at the database's schema: %w", err)
	case found > wanted:
		return fmt.Errorf("refusing to start: the database's schema is version %d, newer than this levqor, which knows version %d; start the newer levqor", found, wanted)
	}
	return nil
}

// keyPlace is where the check of the master key belongs to.
const keyPlace = "installation"

// checkKey refuses a master key that opens nothing here: every copy would be called
// unreadable. Who starts first leaves the check; where secrets are older than that,
// they are tried.
func checkKey(ctx context.Context, d *db.DB, box *secret.Box) error {
	return d.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var sealed []byte
		for _, sql := range []string{`SELECT sealed_key_check FROM installation`, `SELECT sealed_key_check FROM installation FOR UPDATE`} {
			if err := tx.QueryRow(ctx, sql).Scan(&sealed); err != nil {
				return fmt.Errorf("look at the master key: %w", err)
			}
			if len(sealed) > 0 {
				return opens(box, sealed, keyPlace)
			}
		}
		var vault string
		err := tx.QueryRow(ctx, `SELECT id::text, sealed_key FROM vaults ORDER BY created_at LIMIT 1`).Scan(&vault, &sealed)
		if err == nil {
			err = opens(box, sealed, "vaults/"+vault+"/key")
		}
		if err != nil && !db.NoRows(err) {
			return err
		}
		fresh, err := box.Seal([]byte("levqor"), keyPlace)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE installation SET sealed_key_check = $1`, fresh)
		return err
	})
}

func opens(box *secret.Box, sealed []byte, where string) error {
	if _, err := box.Open(sealed, where); err != nil {
		return errors.New("refusing to start: LEVQOR_MASTER_KEY is another key than the one that this database's secrets are sealed with; start with that one")
	}
	return nil
}
