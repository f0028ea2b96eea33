package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// KeptName and FreshName are the names that a restore at that moment gives to
// the old state of a database and to its successor until it takes the name.
func KeptName(live string, now time.Time) string  { return stamped(live, "_before_", now) }
func FreshName(live string, now time.Time) string { return stamped(live, "_restoring_", now) }

// Databases names all databases of the server.
func Databases(ctx context.Context, c Config) (names []string, err error) {
	err = c.manage(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT datname::text FROM pg_catalog.pg_database ORDER BY datname`)
		if err != nil {
			return err
		}
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return names, err
}

// Remove drops databases with all that is in them. One that is not there is no failure.
func Remove(ctx context.Context, c Config, names ...string) error {
	return c.manage(ctx, func(conn *pgx.Conn) error {
		var failed error
		for _, name := range names {
			failed = errors.Join(failed, drop(ctx, conn, name))
		}
		return failed
	})
}

// Rename gives databases their new names, all of them or none.
func Rename(ctx context.Context, c Config, names map[string]string) error {
	return c.manage(ctx, func(conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			for from, to := range names {
				if _, err := tx.Exec(ctx, `ALTER DATABASE `+ident(from)+` RENAME TO `+ident(to)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// manage connects to no database in particular.
func (c Config) manage(ctx context.Context, fn func(*pgx.Conn) error) error {
	s, err := c.reach(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	s.Databases = nil
	conn, err := s.entry(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return classify(fn(conn))
}
