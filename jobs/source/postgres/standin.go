package postgres

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var (
	newCollation = regexp.MustCompile(`(?m)^CREATE COLLATION (\S+) \([^;]*\);$`)
	itsCollation = regexp.MustCompile(`COLLATE pg_catalog\."(?:[^"]|"")+"`)
	inC          = regexp.MustCompile(`(?m)^    LANGUAGE c\b(.*)\n    AS '([^']+)', '([^']+)';$`)
	itsSettings  = regexp.MustCompile(`(?m)^    SET .*\n`)
	leakproof    = regexp.MustCompile(`(?m)^(    LANGUAGE .*) LEAKPROOF\b`)
)

// standIn gives a definition that failed another form in which its database can
// live: a collation whose locale the machine lacks sorts as C, a function goes
// without what only a superuser may give it. ok is false where there is none.
// What was given up is told.
func (r *restore) standIn(ctx context.Context, conn *pgx.Conn, p part, failed error) (sql string, ok bool) {
	pg, _ := errors.AsType[*pgconn.PgError](failed)
	if pg == nil {
		return "", false
	}
	sql = p.sql
	switch {
	case p.kind == "COLLATION":
		sql = newCollation.ReplaceAllString(sql, "CREATE COLLATION $1 (provider = libc, locale = 'C');")
		return sql, r.gaveUp(p, sql, "collation_as_c")
	case pg.Code == "42704" && itsCollation.MatchString(sql):
		sql = itsCollation.ReplaceAllString(sql, `COLLATE pg_catalog."C"`)
		return sql, r.gaveUp(p, sql, "sorted_as_c")
	case p.kind != "FUNCTION" && p.kind != "PROCEDURE":
		return "", false
	case inC.MatchString(sql):
		sql = r.callInC(ctx, conn, sql)
		return sql, r.gaveUp(p, sql, "function_in_c_here")
	case pg.Code == "42501":
		sql = itsSettings.ReplaceAllString(leakproof.ReplaceAllString(sql, "$1"), "")
		return sql, r.gaveUp(p, sql, "function_plain")
	}
	return "", false
}

// gaveUp remembers to tell of a definition in another form, once it is made.
func (r *restore) gaveUp(p part, sql, key string) bool {
	if sql == p.sql || sql == "" {
		return false
	}
	r.given[p.id] = Note{Key: "postgres.note." + key, Args: map[string]any{"name": p.name, "kind": strings.ToLower(p.kind)}}
	return true
}

// callInC makes, in a drill, of a function over an extension's library one that
// calls the extension's own over the same entry point: a role that is no
// superuser must not name libraries.
func (r *restore) callInC(ctx context.Context, conn *pgx.Conn, sql string) string {
	match := inC.FindStringSubmatch(sql)
	if r.admin == "" {
		return ""
	}
	var call string
	err := conn.QueryRow(ctx, `
		SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) || '(' ||
			(SELECT coalesce(pg_catalog.string_agg('$' || g, ', '), '') FROM pg_catalog.generate_series(1, p.pronargs) g) || ')'
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
		JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
		WHERE p.probin = $1 AND p.prosrc = $2 AND p.pronargs = $3 ORDER BY p.oid LIMIT 1`, match[2], match[3], arguments(sql)).Scan(&call)
	if err != nil {
		return ""
	}
	return inC.ReplaceAllLiteralString(sql, "    LANGUAGE sql"+strings.ReplaceAll(match[1], " LEAKPROOF", "")+"\n    AS "+literal("SELECT "+call)+";")
}

// arguments counts those of a function as pg_dump writes it.
func arguments(sql string) int {
	_, rest, _ := strings.Cut(sql, "CREATE FUNCTION ")
	_, rest, _ = strings.Cut(rest, "(")
	depth, n := 1, 1
	for i, c := range rest {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				if strings.TrimSpace(rest[:i]) == "" {
					return 0
				}
				return n
			}
		case ',':
			if depth == 1 {
				n++
			}
		}
	}
	return n
}
