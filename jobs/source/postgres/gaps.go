package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// nameGaps notes what of a database the backup can't hold, by name.
func (v *survey) nameGaps(ctx context.Context, tx pgx.Tx, d *Database, relations []relation) error {
	var standby, superuser bool
	err := tx.QueryRow(ctx, `SELECT pg_catalog.pg_is_in_recovery(), rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user`).Scan(&standby, &superuser)
	if err != nil {
		return err
	}
	if standby {
		v.leaveUnlogged(d, relations)
	}
	foreign, err := namesOf(ctx, tx, `
		SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'f' AND `+ours+belongsToNoExtension("pg_catalog.pg_class", "c.oid")+` ORDER BY 1`)
	if err != nil {
		return err
	}
	v.gap("foreign_tables", d.Name, foreign)
	if superuser {
		return nil
	}
	var subscriptions []string
	for _, s := range d.Properties.Subscriptions {
		subscriptions = append(subscriptions, s.Name)
	}
	v.gap("subscriptions", d.Name, subscriptions)
	hidden, err := namesOf(ctx, tx, `
		SELECT CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE m.usename::text END || ' @ ' || m.srvname
		FROM pg_catalog.pg_user_mappings m JOIN pg_catalog.pg_foreign_server s ON s.oid = m.srvid
		WHERE NOT (m.umuser <> 0 AND m.usename = current_user AND (pg_catalog.pg_has_role(s.srvowner, 'USAGE') OR pg_catalog.has_server_privilege(s.oid, 'USAGE'))
			OR m.umuser = 0 AND pg_catalog.pg_has_role(s.srvowner, 'USAGE')) ORDER BY 1`)
	v.gap("mapping_options", d.Name, hidden)
	return err
}

// leaveUnlogged marks the tables that a standby can't read.
func (v *survey) leaveUnlogged(d *Database, relations []relation) {
	unlogged := map[string]bool{}
	for _, r := range relations {
		if r.Unlogged && !r.Partitioned {
			unlogged[qualified(r.Schema, r.Name)] = true
		}
	}
	var names []string
	for i := range d.Tables {
		if t := &d.Tables[i]; unlogged[t.sql] {
			t.Left = true
			names = append(names, t.Schema+"."+t.Name)
		}
	}
	v.gap("unlogged_on_standby", d.Name, names)
}

func (v *survey) gap(key, database string, names []string) {
	if len(names) > 0 {
		v.notes = append(v.notes, Note{Key: "postgres.note." + key, Args: map[string]any{"name": database, "count": len(names), "names": sampleOf(names)}})
	}
}

func namesOf(ctx context.Context, tx pgx.Tx, sql string) ([]string, error) {
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
