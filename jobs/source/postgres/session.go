package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// loading is what a session that writes a copy is fixed to: whatever the server,
// the database or the role has set for itself, a value must be read as it was
// written, and no timeout may end the work half-way.
func loading(major int, superuser bool) [][2]string {
	fixed := [][2]string{
		{"role", "none"}, {"array_nulls", "on"}, {"backslash_quote", "safe_encoding"}, {"bytea_output", "hex"}, {"check_function_bodies", "off"},
		{"datestyle", "ISO"}, {"default_tablespace", ""}, {"default_transaction_deferrable", "off"}, {"default_transaction_isolation", "read committed"},
		{"default_transaction_read_only", "off"}, {"idle_in_transaction_session_timeout", "0"}, {"intervalstyle", "postgres"}, {"lc_monetary", "C"},
		{"lock_timeout", "0"}, {"quote_all_identifiers", "off"}, {"standard_conforming_strings", "on"}, {"statement_timeout", "0"},
		{"temp_tablespaces", ""}, {"timezone", "UTC"}, {"transform_null_equals", "off"}, {"xmloption", "content"},
	}
	if major >= 14 {
		fixed = append(fixed, [2]string{"idle_session_timeout", "0"})
	}
	if major >= 17 {
		fixed = append(fixed, [2]string{"transaction_timeout", "0"})
	}
	if superuser {
		fixed = append(fixed, [2]string{"session_replication_role", "origin"})
	}
	return fixed
}

// options writes settings as a client program takes them from PGOPTIONS.
func options(settings [][2]string) string {
	var all []string
	for _, s := range settings {
		all = append(all, "-c "+s[0]+"="+strings.ReplaceAll(s[1], " ", `\ `))
	}
	return strings.Join(all, " ")
}

// writer is a connection that loads.
func (r *restore) writer(ctx context.Context, database string) (*pgx.Conn, error) {
	conn, err := r.connect(ctx, database)
	if err != nil {
		return nil, err
	}
	if err = r.fix(ctx, conn, r.superuser); err == nil {
		_, err = conn.Exec(ctx, "SET synchronous_commit = off")
	}
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, classify(err)
	}
	return conn, nil
}

func (s *server) fix(ctx context.Context, conn *pgx.Conn, superuser bool) error {
	var sql strings.Builder
	for _, setting := range loading(major(versionOf(conn)), superuser) {
		sql.WriteString("SET " + setting[0] + " = " + literal(setting[1]) + "; ")
	}
	_, err := conn.Exec(ctx, sql.String())
	return classify(err)
}

// searchPath is the database's own, as SET takes it, and what every database has
// where it has none.
func (d Database) searchPath() string {
	for _, setting := range d.Settings {
		if path, ok := strings.CutPrefix(setting, "search_path="); ok {
			return settingValue("search_path", path)
		}
	}
	return `"$user", public`
}
