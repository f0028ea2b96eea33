// Package migrations brings a database to the schema of this build: ours first,
// then River's, then the grants that River's tables need, less what they don't.
// Forward only.
package migrations

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed *.sql
var files embed.FS

const advisoryLock = 0x4c45565142 // one migration at a time in a database

// Apply migrates the database at url, as the role that the url names: the owner
// of the schema. Two processes may call it at once; one waits for the other.
func Apply(ctx context.Context, url string) (err error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return errors.New("DATABASE_URL is not a valid Postgres address")
	}
	defer pool.Close()
	guard, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	defer guard.Release()
	if _, err := guard.Exec(ctx, `SELECT pg_advisory_lock($1)`, advisoryLock); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	defer func() {
		_, unlockErr := guard.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, advisoryLock)
		err = errors.Join(err, unlockErr)
	}()
	if err := applyOurs(ctx, pool); err != nil {
		return err
	}
	if err := applyRiver(ctx, pool); err != nil {
		return err
	}
	for _, statement := range []string{riverGrants, riverTrim} {
		if _, err := pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("migrations: river: %w", err)
		}
	}
	return nil
}

func applyOurs(ctx context.Context, pool *pgxpool.Pool) error {
	conn := stdlib.OpenDBFromPool(pool)
	defer conn.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, conn, files)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

func applyRiver(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrations: river: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrations: river: %w", err)
	}
	return nil
}

const riverGrants = `
DO $$
DECLARE
  river_table regclass;
BEGIN
  FOR river_table IN
    SELECT c.oid FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S') AND c.relname LIKE 'river\_%'
  LOOP
    EXECUTE format('GRANT ALL ON %s TO levqor_app, levqor_system', river_table);
  END LOOP;
END $$`

// riverTrim drops what every change of a job pays for and nothing here reads: no
// query of ours or of the dashboard looks into args or metadata.
const riverTrim = `DROP INDEX IF EXISTS river_job_args_index, river_job_metadata_index`
