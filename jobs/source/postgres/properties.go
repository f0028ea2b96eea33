package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Properties belong to the database itself: no object in it holds them.
type Properties struct {
	Comment          string `json:"comment,omitempty"`
	ConnectionLimit  int    `json:"connection_limit"` // -1: none
	Template         bool   `json:"template,omitempty"`
	AllowConnections bool   `json:"allow_connections"`
	Tablespace       string `json:"tablespace"`
	Provider         string `json:"provider"`         // of the collation: libc, icu or builtin
	Locale           string `json:"locale,omitempty"` // of icu and builtin
	Rules            string `json:"rules,omitempty"`  // of icu
	CollationVersion string `json:"collation_version,omitempty"`
	// Rights are nil where the server's default ones hold.
	Rights       []Right       `json:"rights,omitzero"`
	RoleSettings []RoleSetting `json:"role_settings,omitempty"`
	// Tablespaces other than the database's own that its tables and indexes are in.
	Tablespaces   []string       `json:"tablespaces,omitempty"`
	Subscriptions []Subscription `json:"subscriptions,omitempty"`
}

// Right is one right on a database.
type Right struct {
	Grantee   string `json:"grantee"` // empty: everybody
	Grantor   string `json:"grantor"`
	Privilege string `json:"privilege"` // CONNECT, CREATE or TEMPORARY
	Grantable bool   `json:"grantable,omitempty"`
}

// RoleSetting is what ALTER ROLE … IN DATABASE … SET left.
type RoleSetting struct {
	Role    string `json:"role"`
	Setting string `json:"setting"` // name=value
}

// Subscription to another server's publications; its address holds a password
// and is not recorded.
type Subscription struct {
	Name         string   `json:"name"`
	Owner        string   `json:"owner"`
	Enabled      bool     `json:"enabled"`
	Slot         string   `json:"slot,omitempty"`
	Publications []string `json:"publications"`
}

// Sequence is where a sequence stands.
type Sequence struct {
	Name   string `json:"name"` // schema.name, quoted where SQL needs it
	Last   int64  `json:"last"`
	Called bool   `json:"called"`
}

// RoleAttributes are what a role is and may.
type RoleAttributes struct {
	Superuser       bool         `json:"superuser,omitempty"`
	Inherit         bool         `json:"inherit"`
	CreateRole      bool         `json:"create_role,omitempty"`
	CreateDB        bool         `json:"create_db,omitempty"`
	Login           bool         `json:"login,omitempty"`
	Replication     bool         `json:"replication,omitempty"`
	BypassRLS       bool         `json:"bypass_rls,omitempty"`
	ConnectionLimit int          `json:"connection_limit"`      // -1: none
	ValidUntil      *time.Time   `json:"valid_until,omitempty"` // of the password; nil: for ever
	Settings        []string     `json:"settings,omitempty"`    // as name=value
	Comment         string       `json:"comment,omitempty"`
	Memberships     []Membership `json:"memberships,omitempty"`
}

// Membership in another role, the server's own ones included. Inherit and Set
// are nil before PostgreSQL 16, where a member's own attributes decide.
type Membership struct {
	Group   string `json:"group"`
	Admin   bool   `json:"admin,omitempty"`
	Inherit *bool  `json:"inherit,omitempty"`
	Set     *bool  `json:"set,omitempty"`
}

// properties reads columns by name out of a row as JSON: they differ from
// version to version.
func properties(ctx context.Context, tx pgx.Tx, name string) (*Properties, error) {
	p := &Properties{}
	err := tx.QueryRow(ctx, `
		SELECT coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), ''), datconnlimit, datistemplate, datallowconn, t.spcname::text,
			CASE j->>'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
			coalesce(j->>'datlocale', j->>'daticulocale', ''), coalesce(j->>'daticurules', ''), coalesce(j->>'datcollversion', ''),
			CASE WHEN datacl IS NOT NULL THEN coalesce((SELECT jsonb_agg(jsonb_build_object(
				'grantee', CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END,
				'grantor', pg_catalog.pg_get_userbyid(a.grantor)::text, 'privilege', a.privilege_type, 'grantable', a.is_grantable) ORDER BY a.n)
				FROM pg_catalog.aclexplode(d.datacl) WITH ORDINALITY a(grantor, grantee, privilege_type, is_grantable, n)), '[]') END,
			coalesce((SELECT jsonb_agg(jsonb_build_object('role', pg_catalog.pg_get_userbyid(s.setrole)::text, 'setting', v.setting) ORDER BY 1, v.n)
				FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) WITH ORDINALITY v(setting, n)
				WHERE s.setdatabase = d.oid AND s.setrole <> 0), '[]'),
			array(SELECT DISTINCT s.spcname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
				WHERE s.spcname NOT IN ('pg_default', 'pg_global') ORDER BY 1),
			coalesce((SELECT jsonb_agg(jsonb_build_object('name', s.subname::text, 'owner', pg_catalog.pg_get_userbyid(s.subowner)::text, 'enabled', s.subenabled,
				'slot', coalesce(s.subslotname::text, ''), 'publications', s.subpublications) ORDER BY s.subname)
				FROM (SELECT subname, subowner, subenabled, subslotname, subpublications FROM pg_catalog.pg_subscription WHERE subdbid = d.oid) s), '[]')
		FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace CROSS JOIN LATERAL pg_catalog.to_jsonb(d) j
		WHERE datname = $1`, name).
		Scan(&p.Comment, &p.ConnectionLimit, &p.Template, &p.AllowConnections, &p.Tablespace, &p.Provider, &p.Locale, &p.Rules, &p.CollationVersion,
			&p.Rights, &p.RoleSettings, &p.Tablespaces, &p.Subscriptions)
	return p, err
}

func listRoles(ctx context.Context, conn *pgx.Conn) ([]Role, error) {
	rows, err := conn.Query(ctx, `
		SELECT r.rolname::text, array(
			SELECT g.rolname::text FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
			WHERE m.member = r.oid AND g.rolname !~ '^pg_' ORDER BY 1),
			r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit,
			CASE WHEN pg_catalog.isfinite(r.rolvaliduntil) THEN r.rolvaliduntil END, r.rolconfig, coalesce(pg_catalog.shobj_description(r.oid, 'pg_authid'), ''),
			coalesce((SELECT jsonb_agg(jsonb_build_object('group', g.rolname::text, 'admin', m.admin_option, 'inherit', j->'inherit_option', 'set', j->'set_option') ORDER BY g.rolname, m.grantor)
				FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid CROSS JOIN LATERAL pg_catalog.to_jsonb(m) j WHERE m.member = r.oid), '[]')
		FROM pg_catalog.pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Role, err error) {
		a := &RoleAttributes{}
		r.Attributes = a
		return r, row.Scan(&r.Name, &r.MemberOf, &a.Superuser, &a.Inherit, &a.CreateRole, &a.CreateDB, &a.Login, &a.Replication, &a.BypassRLS,
			&a.ConnectionLimit, &a.ValidUntil, &a.Settings, &a.Comment, &a.Memberships)
	})
}
