package postgres

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// own is what a database gets that is in no object of it.
type own struct {
	Owner      string
	Settings   []string
	Properties *Properties
	live       bool // it is the replaced database's, which somebody of that server gave
}

func ownOf(d Database) own {
	return own{Owner: d.Owner, Settings: d.Settings, Properties: d.Properties}
}

// liveOwn is what a database has now that is to be replaced: its successor keeps
// it. A database that was closed meanwhile is not opened by a copy that knew it open.
func (r *restore) liveOwn(ctx context.Context, name string) (o own, err error) {
	o.live = true
	err = pgx.BeginFunc(ctx, r.conn, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT pg_catalog.pg_get_userbyid(datdba)::text,
			(SELECT setconfig FROM pg_catalog.pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0)
			FROM pg_catalog.pg_database d WHERE datname = $1`, name).Scan(&o.Owner, &o.Settings)
		if err == nil {
			o.Properties, err = properties(ctx, tx, name)
		}
		return err
	})
	return o, classify(err)
}

// giveOwn sets a database's settings, rights and limits, after all else: they
// must not act on the work.
func (r *restore) giveOwn(ctx context.Context, d Database, o own, name string) error {
	database := ident(name)
	for _, setting := range o.Settings {
		if err := r.set(ctx, `ALTER DATABASE `+database, d.Name, setting, o.live); err != nil {
			return err
		}
	}
	p := o.Properties
	if p == nil { // of an old snapshot
		p = &Properties{ConnectionLimit: -1, AllowConnections: true}
	}
	if err := r.giveRights(ctx, d, o, p, name); err != nil {
		return err
	}
	for _, s := range p.RoleSettings {
		if err := r.set(ctx, `ALTER ROLE `+ident(s.Role)+` IN DATABASE `+database, s.Role, s.Setting, o.live); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		`COMMENT ON DATABASE ` + database + ` IS ` + cmp.Or(map[bool]string{true: literal(p.Comment)}[p.Comment != ""], "NULL"),
		`ALTER DATABASE ` + database + ` CONNECTION LIMIT ` + strconv.Itoa(max(p.ConnectionLimit, -1)),
		`ALTER DATABASE ` + database + ` IS_TEMPLATE ` + strconv.FormatBool(p.Template),
		`ALTER DATABASE ` + database + ` ALLOW_CONNECTIONS ` + strconv.FormatBool(p.AllowConnections),
	} {
		if err := r.try(ctx, sql, "property", map[string]any{"name": d.Name}); err != nil {
			return err
		}
	}
	return r.readOwn(ctx, d, o, name)
}

// giveRights lets in whom the database let in: it was closed while it was made.
func (r *restore) giveRights(ctx context.Context, d Database, o own, p *Properties, name string) error {
	database := ident(name)
	if p.Rights == nil {
		return r.try(ctx, `GRANT CONNECT, TEMPORARY ON DATABASE `+database+` TO PUBLIC`, "property", map[string]any{"name": d.Name})
	}
	owner := cmp.Or(r.ownerOf(Database{Owner: o.Owner}), r.User)
	if err := r.try(ctx, `REVOKE ALL ON DATABASE `+database+` FROM `+ident(owner), "property", map[string]any{"name": d.Name}); err != nil {
		return err
	}
	for _, right := range p.Rights {
		to := "PUBLIC"
		if right.Grantee == o.Owner && right.Grantee != "" {
			to = ident(owner)
		} else if right.Grantee != "" {
			to = ident(right.Grantee)
		}
		sql := `GRANT ` + right.Privilege + ` ON DATABASE ` + database + ` TO ` + to
		if right.Grantable {
			sql += ` WITH GRANT OPTION`
		}
		if r.owners && right.Grantor != o.Owner && right.Grantor != "" {
			sql = `SET ROLE ` + ident(right.Grantor) + `; ` + sql + `; RESET ROLE`
		}
		if err := r.try(ctx, sql, "right", map[string]any{"name": d.Name, "role": cmp.Or(right.Grantee, "PUBLIC"), "right": right.Privilege}); err != nil {
			return err
		}
	}
	return nil
}

// set replays one name=value. What a copy brings must be harmless.
func (r *restore) set(ctx context.Context, alter, name, setting string, trusted bool) error {
	key, value, _ := strings.Cut(setting, "=")
	sql := alter + ` SET ` + settingName(key) + ` = ` + settingValue(key, value)
	args := map[string]any{"name": name, "setting": key}
	if !trusted && !replayed(key) || key == "role" && r.admin != "" {
		r.done.Notes = append(r.done.Notes, Note{Key: "postgres.note.setting_unsafe", Args: args, MendSQL: sql + ";"})
		return nil
	}
	return r.try(ctx, sql, "setting", args)
}

// readOwn reads the database's properties back. Of a drill they are compared in
// its proof, and then give way: its own role must get in.
func (r *restore) readOwn(ctx context.Context, d Database, o own, name string) error {
	if o.Properties == nil {
		return nil
	}
	now, err := r.liveOwn(ctx, name)
	if err != nil {
		return err
	}
	checks := compareOwn(d.Name, o, now)
	if r.admin == "" {
		for _, c := range checks {
			if !c.OK {
				r.note("differs", map[string]any{"name": c.Name, "recorded": c.Recorded, "restored": c.Restored})
			}
		}
		return nil
	}
	r.gap.own = checks
	for _, sql := range []string{`CONNECTION LIMIT -1`, `ALLOW_CONNECTIONS true`, `IS_TEMPLATE false`} {
		if _, err := r.conn.Exec(ctx, `ALTER DATABASE `+ident(name)+` `+sql); err != nil {
			return classify(err)
		}
	}
	_, err = r.conn.Exec(ctx, `GRANT ALL ON DATABASE `+ident(name)+` TO `+ident(r.User))
	return classify(err)
}

// compareOwn holds a database's properties against those recorded, but for what
// a note tells of its locale and tablespace.
func compareOwn(name string, was, is own) []Check {
	check := func(what, recorded, restored string) Check {
		return Check{Group: GroupProperties, Name: name + "." + what, Recorded: recorded, Restored: restored, OK: recorded == restored}
	}
	a, b := was.Properties, is.Properties
	return []Check{
		check("comment", a.Comment, b.Comment),
		check("connection_limit", strconv.Itoa(max(a.ConnectionLimit, -1)), strconv.Itoa(b.ConnectionLimit)),
		check("template", strconv.FormatBool(a.Template), strconv.FormatBool(b.Template)),
		check("allow_connections", strconv.FormatBool(a.AllowConnections), strconv.FormatBool(b.AllowConnections)),
		check("rights", rights(a, was.Owner), rights(b, is.Owner)),
		check("settings", settingsOf(was.Settings), settingsOf(is.Settings)),
		check("role_settings", roleSettings(a), roleSettings(b)),
	}
}

// rights are told without who gave them, and with the owner as such.
func rights(p *Properties, owner string) string {
	if p.Rights == nil {
		p = &Properties{Rights: []Right{{Privilege: "CONNECT"}, {Privilege: "TEMPORARY"}, {Grantee: owner, Privilege: "CREATE"}, {Grantee: owner, Privilege: "CONNECT"}, {Grantee: owner, Privilege: "TEMPORARY"}}}
	}
	var all []string
	for _, r := range p.Rights {
		who := cmp.Or(r.Grantee, "PUBLIC")
		if r.Grantee == owner {
			who = "OWNER"
		}
		if r.Grantable {
			who += "*"
		}
		all = append(all, who+" "+r.Privilege)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// settingsOf leaves out what is not replayed: a note tells it.
func settingsOf(settings []string) string {
	var all []string
	for _, s := range settings {
		if key, _, _ := strings.Cut(s, "="); replayed(key) && key != "role" {
			all = append(all, s)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func roleSettings(p *Properties) string {
	var all []string
	for _, s := range p.RoleSettings {
		if key, _, _ := strings.Cut(s.Setting, "="); replayed(key) && key != "role" {
			all = append(all, s.Role+": "+s.Setting)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
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
