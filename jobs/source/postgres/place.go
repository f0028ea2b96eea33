package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"levqor/jobs/fail"
)

// begin looks at the target server: what the role may do, and which roles are there.
func (r *restore) begin(ctx context.Context, truth Truth) (err error) {
	if r.conn, err = r.maintenance(ctx); err != nil {
		return err
	}
	var mayCreate, mayAddRoles bool
	err = r.conn.QueryRow(ctx, `SELECT rolsuper, rolsuper OR rolcreatedb, rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user`).Scan(&r.superuser, &mayCreate, &mayAddRoles)
	switch version := versionOf(r.conn); {
	case err != nil:
		return classify(err)
	case !mayCreate:
		return fail.Work(nil, fail.ClassCredentials, "postgres.fail.no_createdb", "name", r.User)
	case major(version) < major(truth.Version):
		return fail.Work(nil, fail.ClassConfig, "postgres.fail.target_older", "server", version, "copy", truth.Version)
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
	r.fixed = loading(major(versionOf(r.conn)), r.superuser)
	r.options = options(r.fixed)
	return nil
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

// addRoles makes the roles that are missing, without a right to log in, and
// returns those that it could not make.
func (r *restore) addRoles(ctx context.Context, roles []Role, may bool) (missing []string, err error) {
	present, err := listRoles(ctx, r.conn)
	if err != nil {
		return nil, classify(err)
	}
	there := map[string]bool{}
	for _, role := range present {
		there[role.Name] = true
	}
	var made []Role
	for _, role := range roles {
		if there[role.Name] {
			continue
		}
		if may {
			if _, err = r.conn.Exec(ctx, `CREATE ROLE `+ident(role.Name)+` NOLOGIN`); err == nil {
				there[role.Name] = true
				made = append(made, role)
				continue
			}
			if _, refused := errors.AsType[*pgconn.PgError](err); !refused {
				return nil, classify(err)
			}
		}
		missing = append(missing, role.Name)
	}
	for _, role := range made {
		for _, group := range role.MemberOf {
			if !there[group] {
				continue
			}
			if _, err := r.conn.Exec(ctx, `GRANT `+ident(group)+` TO `+ident(role.Name)); err != nil {
				r.note("membership", map[string]any{"name": role.Name, "group": group})
			}
		}
	}
	if len(made) > 0 && r.admin == "" {
		r.note("roles_made", map[string]any{"count": len(made)})
	}
	return missing, nil
}

func (r *restore) exists(ctx context.Context, name string) (bool, error) {
	var found bool
	err := r.conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)`, name).Scan(&found)
	return found, classify(err)
}

// create makes the database as it was recorded; where the machine doesn't know
// its locale, the plainest one is taken and noted.
func (r *restore) create(ctx context.Context, d Database, name string) error {
	// The connection may be lost after the server has done it.
	r.fresh = append(r.fresh, name)
	var err error
	for _, locale := range [][2]string{{d.Collation, d.CType}, {"C.UTF-8", "C.UTF-8"}, {"C", "C"}} {
		_, err = r.conn.Exec(ctx, `CREATE DATABASE `+ident(name)+` TEMPLATE template0 ENCODING `+literal(d.Encoding)+
			` LC_COLLATE `+literal(locale[0])+` LC_CTYPE `+literal(locale[1]))
		if err == nil {
			if locale[0] != d.Collation || locale[1] != d.CType {
				r.note("locale", map[string]any{"name": d.Name, "had": d.Collation, "has": locale[0]})
			}
			break
		}
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42P04" {
			r.fresh = r.fresh[:len(r.fresh)-1] // somebody else's
			return fail.Work(err, fail.ClassConfig, "postgres.fail.name_taken", "name", name)
		} else if !ok || pg.Code != "42809" && pg.Code != "22023" {
			break
		}
	}
	if err != nil {
		return classify(err)
	}
	owner := ""
	if r.owners {
		owner = d.Owner
	} else if r.admin != "" {
		owner = r.User
	}
	if owner != "" {
		if _, err := r.conn.Exec(ctx, `ALTER DATABASE `+ident(name)+` OWNER TO `+ident(owner)); err != nil {
			return classify(err)
		}
	}
	return nil
}

// settings gives a database its own, where they are harmless. Nothing comes after
// them that they could act on.
func (r *restore) settings(ctx context.Context, d Database, name string) error {
	conn := r.conn
	if r.admin != "" { // by the role of the drill: a superuser obeys no copy
		own, err := r.writer(ctx, name)
		if err != nil {
			return err
		}
		defer own.Close(context.WithoutCancel(ctx))
		conn = own
	}
	for _, setting := range d.Settings {
		key, value, _ := strings.Cut(setting, "=")
		sql := `ALTER DATABASE ` + ident(name) + ` SET ` + settingName(key) + ` = ` + settingValue(key, value)
		if !replayed(key) || key == "role" && r.admin != "" {
			r.done.Notes = append(r.done.Notes, Note{Key: "postgres.note.setting_unsafe", Args: map[string]any{"name": d.Name, "setting": key}, MendSQL: sql + ";"})
			continue
		}
		if _, err := conn.Exec(ctx, sql); err != nil {
			if _, refused := refusal(err); !refused {
				return classify(err)
			}
			r.note("setting", map[string]any{"name": d.Name, "setting": key})
		}
	}
	return nil
}

// settingName quotes a name; the dots of a setting that people made divide it.
func settingName(key string) string {
	parts := strings.Split(key, ".")
	for i := range parts {
		parts[i] = ident(parts[i])
	}
	return strings.Join(parts, ".")
}

// settingValue quotes a value; lists of names keep their own quotes.
func settingValue(key, value string) string {
	switch key {
	case "search_path", "local_preload_libraries", "session_preload_libraries", "temp_tablespaces":
		if strings.Trim(value, ` "`) == "" {
			return "''"
		}
		var parts []string
		for part := range strings.SplitSeq(value, ",") {
			part = strings.TrimSpace(part)
			if unquoted, ok := strings.CutPrefix(part, `"`); ok {
				part = strings.ReplaceAll(strings.TrimSuffix(unquoted, `"`), `""`, `"`)
			}
			parts = append(parts, literal(part))
		}
		return strings.Join(parts, ", ")
	}
	return literal(value)
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

const swapTries = 50

// swap renames every pair in one transaction: all are replaced or none.
func (r *restore) swap(ctx context.Context, swaps []swap) error {
	if len(swaps) == 0 {
		return nil
	}
	var err error
	for range swapTries {
		err = pgx.BeginFunc(ctx, r.conn, func(tx pgx.Tx) error {
			for _, s := range swaps {
				_, err := tx.Exec(ctx, `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname IN ($1, $2) AND pid <> pg_catalog.pg_backend_pid()`, s.live, s.fresh)
				if err != nil {
					return err
				}
				for _, rename := range [][2]string{{s.live, s.kept}, {s.fresh, s.live}} {
					if _, err := tx.Exec(ctx, `ALTER DATABASE `+ident(rename[0])+` RENAME TO `+ident(rename[1])); err != nil {
						return err
					}
				}
			}
			return nil
		})
		// 55006: somebody connected again in between.
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "55006" {
			break
		}
	}
	if err != nil {
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
