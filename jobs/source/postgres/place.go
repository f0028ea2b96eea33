package postgres

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// begin looks at the target server: what the role may do, and which roles are there.
func (r *restore) begin(ctx context.Context, truth Truth) (err error) {
	if r.conn, err = r.maintenance(ctx); err != nil {
		return err
	}
	var mayAddRoles bool
	if r.superuser, mayAddRoles, err = may(ctx, r.conn, r.User, truth); err != nil {
		return err
	}
	r.major = major(versionOf(r.conn))
	if err := r.choose(newer(versionOf(r.conn), truth.Client)); err != nil {
		return err
	}
	if err := r.fix(ctx, r.conn, r.superuser); err != nil {
		return err
	}
	if r.spaces, err = namesIn(ctx, r.conn, `SELECT spcname::text FROM pg_catalog.pg_tablespace`); err != nil {
		return classify(err)
	}
	missing, err := r.addRoles(ctx, truth.Roles, mayAddRoles)
	if err != nil {
		return err
	}
	// In a scratch server nothing is done as superuser: what is restored there is not ours.
	r.superuser = r.superuser && r.admin == ""
	r.owners = r.superuser && len(missing) == 0
	if !r.owners && r.admin == "" {
		r.note("owner", map[string]any{"name": r.User})
	}
	r.options = options(loading(r.major, r.superuser))
	return nil
}

// MayRestore says why a restore to that server would fail before it began; nil
// when nothing speaks against it.
func MayRestore(ctx context.Context, c Config, truth Truth) error {
	return c.manage(ctx, func(conn *pgx.Conn) error {
		_, _, err := may(ctx, conn, c.User, truth)
		return err
	})
}

func may(ctx context.Context, conn *pgx.Conn, user string, truth Truth) (superuser, addRoles bool, err error) {
	var create bool
	err = conn.QueryRow(ctx, `SELECT rolsuper, rolsuper OR rolcreatedb, rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user`).Scan(&superuser, &create, &addRoles)
	switch version := versionOf(conn); {
	case err != nil:
		err = classify(err)
	case !create:
		err = fail.Work(nil, fail.ClassCredentials, "postgres.fail.no_createdb", "name", user, "sql", "ALTER ROLE "+plain(user)+" CREATEDB;")
	case major(version) < major(truth.Version):
		err = fail.Work(nil, fail.ClassConfig, "postgres.fail.target_older", "server", version, "copy", truth.Version)
	}
	return superuser, addRoles, err
}

// maintenance is a connection to no database in particular, in a scratch server
// as its superuser.
func (r *restore) maintenance(ctx context.Context) (*pgx.Conn, error) {
	if r.admin != "" {
		return r.asAdmin(ctx, "postgres")
	}
	s := *r.server
	s.Databases = nil
	return s.entry(ctx)
}

func (r *restore) asAdmin(ctx context.Context, database string) (*pgx.Conn, error) {
	address, err := url.Parse(r.admin)
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(r.admin)
	if err != nil {
		return nil, fmt.Errorf("address of the scratch server at %s: %w", address.Host, err)
	}
	config.Database = database
	// Whatever the database has set for itself, it leads its superuser to nothing of its own.
	maps.Copy(config.RuntimeParams, map[string]string{"search_path": "pg_catalog", "session_preload_libraries": "", "local_preload_libraries": ""})
	return pgx.ConnectConfig(ctx, config)
}

func (r *restore) exists(ctx context.Context, name string) (bool, error) {
	var found bool
	err := r.conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)`, name).Scan(&found)
	return found, classify(err)
}

func namesIn(ctx context.Context, conn *pgx.Conn, sql string) ([]string, error) {
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func drop(ctx context.Context, conn *pgx.Conn, name string) error {
	_, err := conn.Exec(ctx, `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()`, name)
	if err == nil {
		_, err = conn.Exec(ctx, `DROP DATABASE IF EXISTS `+ident(name))
	}
	return err
}

// swap is a restored database that takes the name of a live one.
type swap struct{ live, fresh, kept string }

// swap renames every pair in one transaction: all are replaced or none.
func (r *restore) swap(ctx context.Context, swaps []swap) error {
	if len(swaps) == 0 {
		return nil
	}
	var pairs [][2]string
	for _, s := range swaps {
		pairs = append(pairs, [2]string{s.live, s.kept}, [2]string{s.fresh, s.live})
	}
	if err := rename(ctx, r.conn, pairs); err != nil {
		return classify(err)
	}
	for _, s := range swaps {
		r.done.Kept[s.live] = s.kept
	}
	return nil
}

// stamped adds a moment to a name and stays below the server's limit.
func stamped(name, word string, now time.Time) string {
	suffix := word + now.UTC().Format("20060102_150405")
	for len(name)+len(suffix) > 63 {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name + suffix
}
