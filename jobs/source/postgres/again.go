package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// refusal is what a server said to a statement that it understood and would not
// do. An end of the connection, of space or of memory is none: that is no fault
// of the statement.
func refusal(err error) (*pgconn.PgError, bool) {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || len(pg.Code) != 5 {
		return nil, false
	}
	switch pg.Code[:2] {
	case "08", "53", "57", "58":
		return nil, false
	}
	return pg, true
}

// there reports whether an entry failed because an earlier pass has made it.
func (e entry) there(pg *pgconn.PgError) bool {
	switch pg.Code {
	case "42710", "42P07", "42723", "42P06":
		return true
	case "23505":
		return strings.HasPrefix(e.kind, "BLOB")
	case "42P16":
		return e.kind == "CONSTRAINT"
	case "42809":
		return e.kind == "TABLE ATTACH"
	case "55000":
		return e.kind == "SEQUENCE"
	}
	return false
}

// again makes what pg_restore could not, one after the other and as long as each
// round makes something: what it rests on may come later in the list, and a
// function may find its helpers only by the search path that its database has.
// What remains is tried in another form, and then told.
func (r *restore) again(ctx context.Context, d Database, name string, parts []part) error {
	conn, err := r.writer(ctx, name)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	failed := map[int]error{}
	rounds := func(form func(part) (string, bool)) error {
		for before := len(parts) + 1; len(parts) < before && len(parts) > 0; {
			before = len(parts)
			var left []part
			for _, p := range parts {
				sql, ok := form(p)
				if !ok {
					left = append(left, p)
					continue
				}
				err := r.define(ctx, conn, d, p.entry, sql)
				if err == nil {
					continue
				}
				if _, refused := refusal(err); !refused {
					return ended(ctx, classify(err))
				}
				failed[p.id], left = err, append(left, p)
			}
			parts = left
		}
		return nil
	}
	if err := rounds(func(p part) (string, bool) { return p.sql, true }); err != nil {
		return err
	}
	// What was made in another form may be what others wait for in their own.
	for before := len(parts) + 1; len(parts) < before && len(parts) > 0; {
		before = len(parts)
		err := rounds(func(p part) (string, bool) { return r.standIn(ctx, conn, p, failed[p.id]) })
		if err == nil {
			err = rounds(func(p part) (string, bool) { return p.sql, true })
		}
		if err != nil {
			return err
		}
	}
	for _, p := range parts {
		r.failed = append(r.failed, failure{p.entry, failed[p.id]})
	}
	return nil
}

// define runs one definition, first with the search path of the database, then
// with none, as pg_dump means it. nil also means that it was there.
func (r *restore) define(ctx context.Context, conn *pgx.Conn, d Database, e entry, sql string) (err error) {
	for _, path := range []string{d.searchPath(), "''"} {
		_, err = conn.PgConn().Exec(ctx, "SET search_path = "+path+";\n"+sql).ReadAll()
		pg, refused := refusal(err)
		if err == nil || refused && e.there(pg) {
			return nil
		}
		if !refused {
			return err
		}
	}
	return err
}

// forgive leaves out of what failed what a choice of tables makes fail: what
// concerns the tables that were not chosen.
func (r *restore) forgive() {
	if len(r.target.Only) == 0 {
		return
	}
	r.failed = slices.DeleteFunc(r.failed, func(f failure) bool {
		pg, ok := refusal(f.err)
		return ok && strings.HasPrefix(pg.Code, "42")
	})
}
