package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// steadySettings are those of a session that reads: what a role or a database
// has set for itself neither stops it nor changes what it sees. Older servers
// lack some of them.
const steadySettings = `
	SELECT pg_catalog.set_config(w.name, w.value, false) FROM (VALUES
		('array_nulls', 'on'), ('bytea_output', 'hex'), ('datestyle', 'ISO, MDY'), ('default_transaction_deferrable', 'off'),
		('default_transaction_isolation', 'read committed'), ('extra_float_digits', '1'), ('idle_in_transaction_session_timeout', '0'),
		('idle_session_timeout', '0'), ('intervalstyle', 'postgres'), ('jit', 'off'), ('lock_timeout', '` + lockTimeout + `'),
		('max_parallel_workers_per_gather', '0'), ('quote_all_identifiers', 'off'), ('row_security', 'off'), ('search_path', ''),
		('standard_conforming_strings', 'on'), ('transaction_timeout', '0'), ('transform_null_equals', 'off')) w(name, value)
	WHERE EXISTS (SELECT FROM pg_catalog.pg_settings s WHERE pg_catalog.lower(s.name) = w.name)`

// steady connects for reading. A database without an encoding is read byte for byte.
func (s *server) steady(ctx context.Context, database string) (*pgx.Conn, error) {
	conn, err := s.connect(ctx, database)
	if err != nil {
		return nil, err
	}
	settings := `SET statement_timeout = 0;` + steadySettings
	if conn.PgConn().ParameterStatus("server_encoding") == noEncoding {
		settings = `SET client_encoding = '` + noEncoding + `';` + settings
	}
	if _, err := conn.Exec(ctx, settings); err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, classify(err)
	}
	return conn, nil
}
