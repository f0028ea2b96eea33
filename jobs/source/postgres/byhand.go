package postgres

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ByHand is how a person brings a backup back with PostgreSQL's own programs,
// on a server of the same major version: shell commands, run as a superuser where
// folder is the restored copy. What a restore would leave out or name stands in
// them too.
func ByHand(truth Truth, folder string) []string {
	var lines []string
	if truth.Globals {
		lines = append(lines, `psql -X -d postgres -f `+word(path.Join(folder, GlobalsObject)))
	}
	fixed := `export PGOPTIONS=` + word(options(loading(major(truth.Version), true)))
	for _, d := range truth.Databases {
		at := word(connString(d.Name))
		in := path.Join(folder, d.Folder)
		schema := word(path.Join(in, "schema.dump"))
		lines = append(lines, script(d.createSQL(major(truth.Version))), fixed,
			`pg_restore --section=pre-data -d `+at+` `+schema,
			`for file in `+word(path.Join(in, "data"))+`/*.sql; do psql -X -q -o /dev/null -d `+at+` -f "$file"; done`,
			`pg_restore --section=post-data -d `+at+` `+schema,
			`unset PGOPTIONS`)
		if own := d.ownSQL(); len(own) > 0 {
			lines = append(lines, script(own...))
		}
	}
	return lines
}

// script hands statements to psql as they stand, whatever quotes are in them.
func script(sql ...string) string {
	return "psql -X -d postgres <<'SQL'\n" + strings.Join(sql, ";\n") + ";\nSQL"
}

// word keeps a word of a shell one word.
func word(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (d Database) createSQL(major int) string {
	sql := `CREATE DATABASE ` + ident(d.Name) + ` TEMPLATE template0 ENCODING ` + literal(d.Encoding) + locales(d, major)[0].sql + ` OWNER ` + ident(d.Owner)
	if p := d.Properties; p != nil && p.Tablespace != "" && p.Tablespace != "pg_default" {
		sql += ` TABLESPACE ` + ident(p.Tablespace)
	}
	return sql
}

// ownSQL is what belongs to the database itself.
func (d Database) ownSQL() (sql []string) {
	name := ident(d.Name)
	set := func(alter, setting string) {
		key, value, _ := strings.Cut(setting, "=")
		if !replayed(key) {
			alter = "-- look at it first: " + alter
		}
		sql = append(sql, alter+` SET `+settingName(key)+` = `+settingValue(key, value))
	}
	for _, s := range d.Settings {
		set(`ALTER DATABASE `+name, s)
	}
	p := d.Properties
	if p == nil {
		return sql
	}
	if p.Rights != nil {
		sql = append(sql, `REVOKE ALL ON DATABASE `+name+` FROM PUBLIC`, `REVOKE ALL ON DATABASE `+name+` FROM `+ident(d.Owner))
		for _, r := range p.Rights {
			to := "PUBLIC"
			if r.Grantee != "" {
				to = ident(r.Grantee)
			}
			grant := `GRANT ` + r.Privilege + ` ON DATABASE ` + name + ` TO ` + to
			if r.Grantable {
				grant += ` WITH GRANT OPTION`
			}
			sql = append(sql, grant)
		}
	}
	for _, s := range p.RoleSettings {
		set(`ALTER ROLE `+ident(s.Role)+` IN DATABASE `+name, s.Setting)
	}
	if p.Comment != "" {
		sql = append(sql, `COMMENT ON DATABASE `+name+` IS `+literal(p.Comment))
	}
	for _, last := range []struct {
		differs bool
		word    string
	}{
		{p.ConnectionLimit != -1, `CONNECTION LIMIT ` + strconv.Itoa(p.ConnectionLimit)}, {p.Template, `IS_TEMPLATE true`}, {!p.AllowConnections, `ALLOW_CONNECTIONS false`},
	} {
		if last.differs {
			sql = append(sql, `ALTER DATABASE `+name+` `+last.word)
		}
	}
	return slices.Clip(sql)
}

// Facts of a database in one line, for whoever looks for it in a kit.
func (d Database) Facts() map[string]any {
	locale := cmp.Or(localeOf(d), d.CType)
	return map[string]any{"name": d.Name, "folder": d.Folder, "owner": d.Owner, "encoding": d.Encoding, "locale": locale}
}
