package migrations

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// roles makes what the first migration makes, for a server that a dump is brought
// back to: a dump names roles and holds none.
const roles = `
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['levqor_app', 'levqor_system'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT levqor_app, levqor_system TO %I', current_user);
  END IF;
END $$`

// Prepare makes the roles in the server at url, and refuses a database that holds
// any table: nothing is brought back over something.
func Prepare(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	defer conn.Close(ctx)
	var tables int
	err = conn.QueryRow(ctx, `
		SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'`).Scan(&tables)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	if tables > 0 {
		return errors.New("DATABASE_URL: the database is not empty: make a new one and name that")
	}
	if _, err := conn.Exec(ctx, roles); err != nil {
		return fmt.Errorf("make the roles of the database: %w", err)
	}
	return nil
}
