package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"levqor/jobs/fail"
)

// create makes the database as it was recorded; where the machine doesn't know
// its locale, the plainest one is taken and noted. Nobody else is let in before
// it is whole.
func (r *restore) create(ctx context.Context, d Database, name string) error {
	// The connection may be lost after the server has done it.
	r.fresh = append(r.fresh, name)
	var err error
	space := r.tablespace(d)
	for i, locale := range locales(d, r.major) {
		_, err = r.conn.Exec(ctx, `CREATE DATABASE `+ident(name)+` TEMPLATE template0 ENCODING `+literal(d.Encoding)+locale.sql+space)
		if err == nil {
			if i > 0 {
				r.note("locale", map[string]any{"name": d.Name, "had": localeOf(d), "has": locale.name})
			}
			break
		}
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42P04" {
			r.fresh = r.fresh[:len(r.fresh)-1] // somebody else's
			return fail.Work(err, fail.ClassConfig, "postgres.fail.name_taken", "name", name)
		} else if !ok || !slices.Contains([]string{"0A000", "22023", "42601", "42809"}, pg.Code) {
			break
		}
	}
	if err != nil {
		return classify(err)
	}
	if _, err := r.conn.Exec(ctx, `REVOKE ALL ON DATABASE `+ident(name)+` FROM PUBLIC`); err != nil {
		return classify(err)
	}
	owner := r.ownerOf(d)
	if owner == "" {
		return nil
	}
	_, err = r.conn.Exec(ctx, `ALTER DATABASE `+ident(name)+` OWNER TO `+ident(owner))
	return classify(err)
}

// ownerOf is who gets a database; empty where it stays with whoever restores.
func (r *restore) ownerOf(d Database) string {
	switch {
	case r.owners:
		return d.Owner
	case r.admin != "":
		return r.User
	}
	return ""
}

// locale is one way to sort text.
type locale struct{ name, sql string }

// locales are the recorded one, and those to take where the server lacks it.
func locales(d Database, major int) []locale {
	libc := func(collate, ctype string) locale {
		sql := ` LC_COLLATE ` + literal(collate) + ` LC_CTYPE ` + literal(ctype)
		if major >= 15 {
			sql = ` LOCALE_PROVIDER libc` + sql
		}
		return locale{collate, sql}
	}
	var all []locale
	p := d.Properties
	switch {
	case p == nil || p.Provider == "libc" || p.Provider == "":
		all = append(all, libc(d.Collation, d.CType))
	case p.Provider == "icu":
		rules := ""
		if p.Rules != "" {
			rules = ` ICU_RULES ` + literal(p.Rules)
		}
		for _, base := range []string{d.Collation, "C.UTF-8", "C"} {
			ctype := base
			if base == d.Collation {
				ctype = d.CType
			}
			all = append(all, locale{p.Locale, ` LOCALE_PROVIDER icu ICU_LOCALE ` + literal(p.Locale) + rules + ` LC_COLLATE ` + literal(base) + ` LC_CTYPE ` + literal(ctype)})
		}
	default:
		all = append(all, locale{p.Locale, ` LOCALE_PROVIDER ` + p.Provider + ` BUILTIN_LOCALE ` + literal(p.Locale) + ` LC_COLLATE ` + literal(d.Collation) + ` LC_CTYPE ` + literal(d.CType)},
			libc(d.Collation, d.CType))
	}
	return append(all, libc("C.UTF-8", "C.UTF-8"), libc("C", "C"))
}

func localeOf(d Database) string {
	if p := d.Properties; p != nil && p.Locale != "" {
		return p.Locale + " (" + p.Provider + ")"
	}
	return d.Collation
}

// tablespace is that of the database where the server has one of that name.
func (r *restore) tablespace(d Database) string {
	r.tablespaces = r.admin == ""
	if d.Properties == nil || r.admin != "" {
		return ""
	}
	for _, name := range append([]string{d.Properties.Tablespace}, d.Properties.Tablespaces...) {
		if !slices.Contains(r.spaces, name) && name != "" {
			r.tablespaces = false
			r.note("tablespace", map[string]any{"name": d.Name, "tablespace": name})
		}
	}
	if own := d.Properties.Tablespace; own != "" && own != "pg_default" && slices.Contains(r.spaces, own) {
		return ` TABLESPACE ` + ident(own)
	}
	return ""
}
