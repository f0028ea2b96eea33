package postgres

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// addRoles makes the roles that are missing, as they were but for their
// passwords, and returns those that it could not make. In a drill they are names
// that own nothing and may do nothing.
func (r *restore) addRoles(ctx context.Context, roles []Role, may bool) (missing []string, err error) {
	present, err := listRoles(ctx, r.conn)
	if err != nil {
		return nil, classify(err)
	}
	there := map[string]Role{}
	for _, role := range present {
		there[role.Name] = role
	}
	var made []Role
	var other []string
	for _, role := range roles {
		if has, ok := there[role.Name]; ok {
			if role.Attributes != nil && !same(role, has) {
				other = append(other, role.Name)
			}
			continue
		}
		ok := false
		if may {
			if ok, err = r.addRole(ctx, role); err != nil {
				return nil, err
			}
		}
		if !ok {
			missing = append(missing, role.Name)
			continue
		}
		there[role.Name] = role
		made = append(made, role)
	}
	if r.admin != "" {
		return missing, nil
	}
	for _, role := range made {
		if err := r.equip(ctx, role); err != nil {
			return nil, err
		}
	}
	r.tellRoles(made, other)
	return missing, nil
}

// same reports whether a role that is there is as it was recorded. A list that a
// copy leaves out is an empty one, and older servers have no options of members.
func same(a, b Role) bool {
	x, y := *a.Attributes, *b.Attributes
	alike := slices.Equal(x.Settings, y.Settings) &&
		slices.EqualFunc(x.Memberships, y.Memberships, func(m, n Membership) bool { return m.Group == n.Group && m.Admin == n.Admin }) &&
		(x.ValidUntil == nil) == (y.ValidUntil == nil) && (x.ValidUntil == nil || x.ValidUntil.Equal(*y.ValidUntil))
	for _, r := range []*RoleAttributes{&x, &y} {
		r.Settings, r.Memberships, r.ValidUntil = nil, nil, nil
	}
	return alike && reflect.DeepEqual(x, y)
}

func (r *restore) tellRoles(made []Role, other []string) {
	var names, login []string
	for _, role := range made {
		names = append(names, role.Name)
		if role.Attributes != nil && role.Attributes.Login {
			login = append(login, role.Name)
		}
	}
	if len(names) > 0 {
		r.note("roles_made", map[string]any{"count": len(names), "names": sampleOf(names)})
	}
	if len(login) > 0 {
		r.note("roles_password", map[string]any{"count": len(login), "names": sampleOf(login)})
	}
	if len(other) > 0 {
		r.note("roles_other", map[string]any{"count": len(other), "names": sampleOf(other)})
	}
}

// addRole makes one; where not all that it was may be given, with less. Old
// snapshots and drills know its name only.
func (r *restore) addRole(ctx context.Context, role Role) (ok bool, err error) {
	create := `CREATE ROLE ` + ident(role.Name)
	tries := []string{create + ` NOLOGIN`}
	if a := role.Attributes; a != nil && r.admin == "" {
		tries = []string{create + a.high() + a.plain(), create + a.plain(), create + ` NOLOGIN`}
	}
	for i, sql := range tries {
		_, err := r.conn.Exec(ctx, sql)
		if err == nil {
			if i > 0 {
				r.note("role_less", map[string]any{"name": role.Name})
			}
			return true, nil
		}
		if _, refused := refusal(err); !refused {
			return false, classify(err)
		}
	}
	return false, nil
}

// plain is what a role may give that may make roles at all.
func (a RoleAttributes) plain() string {
	sql := yes(a.Inherit, "INHERIT") + yes(a.CreateRole, "CREATEROLE") + yes(a.CreateDB, "CREATEDB") + yes(a.Login, "LOGIN") +
		` CONNECTION LIMIT ` + strconv.Itoa(a.ConnectionLimit)
	if a.ValidUntil != nil {
		sql += ` VALID UNTIL ` + literal(a.ValidUntil.UTC().Format("2006-01-02 15:04:05.999999Z07:00"))
	}
	return sql
}

// high is what only a superuser may give.
func (a RoleAttributes) high() string {
	return yes(a.Superuser, "SUPERUSER") + yes(a.Replication, "REPLICATION") + yes(a.BypassRLS, "BYPASSRLS")
}

func yes(on bool, word string) string {
	if on {
		return " " + word
	}
	return " NO" + word
}

// equip gives a role that was made its memberships, settings and comment.
func (r *restore) equip(ctx context.Context, role Role) error {
	for group, sql := range r.memberships(role) {
		if err := r.try(ctx, sql, "membership", map[string]any{"name": role.Name, "group": group}); err != nil {
			return err
		}
	}
	if role.Attributes == nil {
		return nil
	}
	if role.Attributes.Comment != "" {
		if err := r.try(ctx, `COMMENT ON ROLE `+ident(role.Name)+` IS `+literal(role.Attributes.Comment), "role_less", map[string]any{"name": role.Name}); err != nil {
			return err
		}
	}
	for _, setting := range role.Attributes.Settings {
		if err := r.set(ctx, `ALTER ROLE `+ident(role.Name), role.Name, setting, false); err != nil {
			return err
		}
	}
	return nil
}

// memberships are the statements that make a role a member, by group.
func (r *restore) memberships(role Role) map[string]string {
	all := map[string]string{}
	if role.Attributes == nil {
		for _, group := range role.MemberOf {
			all[group] = `GRANT ` + ident(group) + ` TO ` + ident(role.Name)
		}
		return all
	}
	for _, m := range role.Attributes.Memberships {
		var with []string
		if m.Admin {
			with = append(with, "ADMIN OPTION")
		}
		if r.major >= 16 && m.Inherit != nil && m.Set != nil {
			with = []string{"ADMIN " + strconv.FormatBool(m.Admin), "INHERIT " + strconv.FormatBool(*m.Inherit), "SET " + strconv.FormatBool(*m.Set)}
		}
		sql := `GRANT ` + ident(m.Group) + ` TO ` + ident(role.Name)
		if len(with) > 0 {
			sql += ` WITH ` + strings.Join(with, ", ")
		}
		all[m.Group] = sql
	}
	return all
}

// try runs a statement; where the server refuses it, that is a note.
func (r *restore) try(ctx context.Context, sql, note string, args map[string]any) error {
	_, err := r.conn.Exec(ctx, sql)
	if _, refused := refusal(err); err == nil || !refused {
		return classify(err)
	}
	args["reason"] = reasonOf(err)
	r.done.Notes = append(r.done.Notes, Note{Key: "postgres.note." + note, Args: args, MendSQL: sql + ";"})
	return nil
}
