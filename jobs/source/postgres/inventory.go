package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"levqor/jobs/fail"
)

// relation is a table as the catalogue lists it.
type relation struct {
	Schema, Name string
	OID          uint32
	Bytes        int64
	Partitioned  bool
	Readable     bool
	Filtered     bool // row security would hide rows from us
	Excluded     bool
	PartitionOf  string
	Unlogged     bool
	RawSchema    []byte // in the database's own encoding
	RawName      []byte
}

func (r relation) table() Table {
	t := Table{Schema: readable(r.Schema), Name: readable(r.Name), Bytes: r.Bytes, Partitioned: r.Partitioned, PartitionOf: readable(r.PartitionOf), sql: qualified(r.Schema, r.Name)}
	if t.Schema != string(r.RawSchema) || t.Name != string(r.RawName) {
		t.Raw = &RawName{r.RawSchema, r.RawName}
	}
	return t
}

// pattern finds the table for pg_dump, which reads its arguments in the stream's encoding.
func (t Table) pattern() string { return qualified(t.key().schema, t.key().name) }

// ours is what people made: not the system's, not temporary, not an extension's.
const ours = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

const notOfExtension = ` AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.deptype = 'e' AND e.objid = %OID AND e.classid = '%CLASS'::pg_catalog.regclass)`

func belongsToNoExtension(class, oid string) string {
	return strings.NewReplacer("%OID", oid, "%CLASS", class).Replace(notOfExtension)
}

// listRelations reads the tables, and marks those excluded with their partitions.
func listRelations(ctx context.Context, tx pgx.Tx, exclude []string) ([]relation, error) {
	rows, err := tx.Query(ctx, `
		WITH RECURSIVE out(oid) AS (
			SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p')
			  AND (n.nspname || '.' || c.relname = ANY($1) OR current_database() || '.' || n.nspname || '.' || c.relname = ANY($1))
			UNION
			SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN out ON i.inhparent = out.oid JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
			WHERE c.relispartition)
		SELECT n.nspname::text AS schema, c.relname::text AS name, c.oid, coalesce(pg_catalog.pg_table_size(c.oid), 0) AS bytes,
			c.relkind = 'p' AS partitioned,
			pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable,
			c.relrowsecurity AND pg_catalog.row_security_active(c.oid) AS filtered,
			c.oid IN (SELECT oid FROM out) AS excluded,
			coalesce((SELECT pn.nspname || '.' || p.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
				JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid AND c.relispartition), '') AS partition_of,
			c.relpersistence = 'u' AS unlogged,
			pg_catalog.convert_to(n.nspname::text, pg_catalog.getdatabaseencoding()) AS raw_schema,
			pg_catalog.convert_to(c.relname::text, pg_catalog.getdatabaseencoding()) AS raw_name
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND `+ours+belongsToNoExtension("pg_catalog.pg_class", "c.oid")+`
		ORDER BY 1, 2`, exclude)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[relation])
}

// refuseUnreadable says in one failure which tables the role can't read, before
// hours of work end at the first of them.
func refuseUnreadable(database string, relations []relation) error {
	var denied, filtered []string
	for _, r := range relations {
		if r.Excluded {
			continue
		}
		if !r.Readable {
			denied = append(denied, database+"."+r.Schema+"."+r.Name)
		} else if r.Filtered {
			filtered = append(filtered, database+"."+r.Schema+"."+r.Name)
		}
	}
	if len(denied) > 0 {
		return fail.Work(nil, fail.ClassCredentials, "postgres.fail.privilege", "name", sampleOf(denied), "count", len(denied))
	}
	if len(filtered) > 0 {
		return fail.Work(nil, fail.ClassCredentials, "postgres.fail.row_security", "name", sampleOf(filtered), "count", len(filtered))
	}
	return nil
}

// sampleOf names a few of many.
func sampleOf(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// describe reads all about a database but its tables; out are the oids of what
// is left out of the backup, which is not counted either.
func describe(ctx context.Context, tx pgx.Tx, name string, out []uint32) (Database, error) {
	d := Database{Name: name, Folder: pathName(name)}
	err := tx.QueryRow(ctx, `
		SELECT pg_catalog.pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text, pg_catalog.pg_get_userbyid(datdba)::text,
			(SELECT setconfig FROM pg_catalog.pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0)
		FROM pg_catalog.pg_database d WHERE datname = current_database()`).Scan(&d.Encoding, &d.Collation, &d.CType, &d.Owner, &d.Settings)
	if err != nil {
		return d, err
	}
	in := func(table, schema, oid, where string) string {
		return `(SELECT count(*) FROM pg_catalog.` + table + ` o JOIN pg_catalog.pg_namespace n ON n.oid = o.` + schema +
			` WHERE o.oid <> ALL($1) AND ` + where + ` AND ` + ours + belongsToNoExtension("pg_catalog."+table, oid) + `)`
	}
	onTable := func(table, owner, where string) string {
		return `(SELECT count(*) FROM pg_catalog.` + table + ` o JOIN pg_catalog.pg_class t ON t.oid = o.` + owner +
			` JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE t.oid <> ALL($1) AND t.relpersistence <> 't' AND ` + where + ` AND ` + ours + belongsToNoExtension("pg_catalog.pg_class", "t.oid") + `)`
	}
	c := &d.Counts
	err = tx.QueryRow(ctx, `SELECT `+strings.Join([]string{
		// Newer servers list NOT NULL as constraints, older don't.
		onTable("pg_constraint", "conrelid", "o.confrelid <> ALL($1) AND o.contype IN ('c','f','p','u','x')"),
		in("pg_proc", "pronamespace", "o.oid", "true"),
		onTable("pg_index", "indrelid", "true"),
		`(SELECT count(*) FROM pg_catalog.pg_largeobject_metadata)`,
		in("pg_class", "relnamespace", "o.oid", "o.relkind = 'S' AND o.relpersistence <> 't'"),
		onTable("pg_trigger", "tgrelid", "NOT o.tgisinternal"),
		in("pg_class", "relnamespace", "o.oid", "o.relkind IN ('v', 'm') AND o.relpersistence <> 't'"),
	}, ", "), out).Scan(&c.Constraints, &c.Functions, &c.Indexes, &c.LargeObjects, &c.Sequences, &c.Triggers, &c.Views)
	if err != nil {
		return d, err
	}
	rows, err := tx.Query(ctx, `SELECT extname::text AS name, n.nspname::text AS schema
		FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace ORDER BY 1`)
	if err != nil {
		return d, err
	}
	if d.Extensions, err = pgx.CollectRows(rows, pgx.RowToStructByName[Extension]); err != nil {
		return d, err
	}
	d.Properties, err = properties(ctx, tx, name)
	return d, err
}

// follower is a view or a sequence that goes when its table is left out.
type follower struct {
	OID          uint32
	Schema, Name string
}

// leftOut lists what an excluded table drags along: views that read it, its
// sequences, keys that point to it.
func leftOut(ctx context.Context, tx pgx.Tx, relations []relation) (oids []uint32, followers []follower, keys []Key, err error) {
	oids = []uint32{}
	for _, r := range relations {
		if r.Excluded {
			oids = append(oids, r.OID)
		}
	}
	if len(oids) == 0 {
		return oids, nil, nil, nil
	}
	rows, err := tx.Query(ctx, `
		WITH RECURSIVE v(oid) AS (
			SELECT unnest($1::oid[]) UNION
			SELECT r.ev_class FROM v JOIN pg_catalog.pg_depend d ON d.refobjid = v.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
			JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass)
		SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('v', 'm') AND c.oid IN (SELECT oid FROM v)
		   OR c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
			AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjid = ANY($1))
		ORDER BY 2, 3`, oids)
	if err != nil {
		return nil, nil, nil, err
	}
	if followers, err = pgx.CollectRows(rows, pgx.RowToStructByName[follower]); err != nil {
		return nil, nil, nil, err
	}
	rows, err = tx.Query(ctx, `
		SELECT n.nspname::text AS schema, c.relname::text AS "table", k.conname::text AS name
		FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE k.contype = 'f' AND k.confrelid = ANY($1) AND NOT k.conrelid = ANY($1) ORDER BY 1, 2, 3`, oids)
	if err != nil {
		return nil, nil, nil, err
	}
	keys, err = pgx.CollectRows(rows, pgx.RowToStructByName[Key])
	for _, f := range followers {
		oids = append(oids, f.OID)
	}
	return oids, followers, keys, err
}

// entry connects to the first database that lets us in: "postgres" may be gone,
// and a wanted one closed.
func (s *server) entry(ctx context.Context) (*pgx.Conn, error) {
	var first error
	for _, name := range append(slices.Clone(s.Databases), "postgres", "template1", s.User) {
		conn, err := s.connect(ctx, name)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
		pg, ok := errors.AsType[*pgconn.PgError](err)
		// A wrong password is not tried again: servers lock out whoever does.
		if !ok || pg.Code == "28P01" || pg.Code == "3D000" && slices.Contains(s.Databases, name) {
			break
		}
	}
	return nil, first
}
