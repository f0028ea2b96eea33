package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// KeptName is the name that a restore at that moment gives to the old state of a
// database.
func KeptName(live string, now time.Time) string { return stamped(live, "_before_", now) }

// freshName is what its successor is called until it takes the name; no two attempts
// use the same.
func freshName(live string, now time.Time, attempt int) string {
	return stamped(live, fmt.Sprintf("_restoring%d_", attempt), now)
}

// IsFreshName reports whether any attempt of that restore uses the name.
func IsFreshName(name, live string, now time.Time) bool {
	at := strings.LastIndex(name, "_restoring")
	if at < 0 {
		return false
	}
	number, _, _ := strings.Cut(name[at+len("_restoring"):], "_")
	attempt, err := strconv.Atoi(number)
	return err == nil && name == freshName(live, now, attempt)
}

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

// Rename gives databases their new names, all of them or none. Whoever is
// connected to one is sent away first: nobody has been told of it yet.
func Rename(ctx context.Context, c Config, names map[string]string) error {
	return c.manage(ctx, func(conn *pgx.Conn) error {
		var pairs [][2]string
		for from, to := range names {
			pairs = append(pairs, [2]string{from, to})
		}
		return rename(ctx, conn, pairs)
	})
}

// renameTries is how often sessions that come back are sent away again.
const renameTries = 50

// rename gives names in one transaction. A session that this role may not end
// holds it up as long as it stays.
func rename(ctx context.Context, conn *pgx.Conn, pairs [][2]string) (err error) {
	for range renameTries {
		err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			for _, p := range pairs {
				if err := sendAway(ctx, tx, p[0]); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `ALTER DATABASE `+ident(p[0])+` RENAME TO `+ident(p[1])); err != nil {
					return err
				}
			}
			return nil
		})
		// 55006: somebody connected again in between.
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "55006" {
			return err
		}
	}
	return err
}

// sendAway ends the sessions of a database that this role may end.
func sendAway(ctx context.Context, tx pgx.Tx, name string) error {
	_, err := tx.Exec(ctx, `SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a JOIN pg_catalog.pg_roles me ON me.rolname = current_user
		WHERE a.datname = $1 AND a.pid <> pg_catalog.pg_backend_pid()
		  AND (me.rolsuper OR a.usesysid IS NOT NULL AND pg_catalog.pg_has_role(a.usesysid, 'USAGE')
			OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE') AND NOT (SELECT u.rolsuper FROM pg_catalog.pg_roles u WHERE u.oid = a.usesysid))`, name)
	return err
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
	if err := s.fix(ctx, conn, false); err != nil {
		return err
	}
	return classify(fn(conn))
}
