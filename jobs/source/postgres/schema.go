package postgres

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// schemaFile is a copy of a schema.dump: pg_restore jumps about in it.
type schemaFile struct {
	dir, path string
	list      string    // the file of what is wanted of it
	entries   []entry   // those
	dropped   []failure // what is left out on purpose, and told
}

func (r *restore) fetchSchema(ctx context.Context, d Database) (schemaFile, error) {
	object := d.Folder + "/schema.dump"
	r.progress.at(object)
	dir, err := os.MkdirTemp("", "levqor-schema-")
	if err != nil {
		return schemaFile{}, err
	}
	f := schemaFile{dir: dir, path: filepath.Join(dir, "schema.dump")}
	if err = f.fill(ctx, r.open, object); err == nil {
		err = r.contents(ctx, d, &f)
	}
	if err != nil {
		return f, errors.Join(err, os.RemoveAll(dir))
	}
	return f, nil
}

func (f schemaFile) fill(ctx context.Context, open Open, object string) error {
	from, err := open(ctx, object)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(f.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// definitions makes what stands before or after the data. What can't be made is
// tried again, and if that does not help told by name: it is no reason to throw
// the data away.
func (r *restore) definitions(ctx context.Context, d Database, name string, f schemaFile, section string) error {
	r.progress.at(section)
	args := append([]string{"-L", f.list, "--section=" + section}, r.without(d)...)
	first := append([]string{"-d", connString(name), "--no-password"}, args...)
	if section == "post-data" {
		first = append(first, "-j", strconv.Itoa(r.jobs))
	}
	failed := r.run(ctx, "pg_restore", name, append(first, f.path)...)
	if failed == nil || ctx.Err() != nil {
		return failed
	}
	if class := fail.ClassOf(failed); class == fail.ClassQuota {
		return failed
	}
	script, err := r.script(ctx, f, args)
	if err != nil {
		return err
	}
	return r.again(ctx, d, name, split(script, f.entries))
}

// without leaves away what can't be made on that server as a whole.
func (r *restore) without(d Database) []string {
	var args []string
	if !r.owners {
		args = append(args, "--no-owner", "--no-privileges", "--no-security-labels")
	}
	if !r.tablespaces {
		args = append(args, "--no-tablespaces")
	}
	return args
}

// maxScript bounds the definitions of one database, as SQL.
const maxScript = 256 << 20

// script is the definitions as SQL, each under a comment that names its entry.
func (r *restore) script(ctx context.Context, f schemaFile, args []string) ([]byte, error) {
	p, err := r.start(ctx, "pg_restore", "", nil, append(append([]string{"-f", "-", "-v"}, args...), f.path)...)
	if err != nil {
		return nil, err
	}
	defer p.kill()
	text, err := io.ReadAll(io.LimitReader(p, maxScript))
	if err == nil && len(text) == maxScript {
		err = fail.Work(nil, fail.ClassInternal, "postgres.fail.program", "detail", "the definitions are larger than can be held")
	}
	return text, err
}

// contents reads the list of what the dump defines and writes that of what
// pg_restore shall do, without what must not be restored here.
func (r *restore) contents(ctx context.Context, d Database, f *schemaFile) error {
	p, err := r.start(ctx, "pg_restore", "", nil, "-l", "-v", f.path)
	if err != nil {
		return err
	}
	defer p.kill()
	text, err := io.ReadAll(io.LimitReader(p, maxScript))
	if err != nil {
		return fail.Work(err, fail.ClassDamaged, "postgres.fail.schema_damaged", "name", d.Name)
	}
	unwanted := r.unwanted(d)
	var kept strings.Builder
	var out []failure
	for _, e := range readList(string(text)) {
		switch {
		case unwanted(e.line):
		case r.foreign(e):
			out = append(out, failure{entry: e})
		default:
			f.entries = append(f.entries, e)
			kept.WriteString(e.line + "\n")
		}
	}
	f.dropped = out
	f.list = filepath.Join(f.dir, "contents")
	return os.WriteFile(f.list, []byte(kept.String()), 0o600)
}

// foreign tells what would reach other machines from a drill's; it holds no
// rows of the copy.
func (r *restore) foreign(e entry) bool {
	switch e.kind {
	case "FOREIGN DATA WRAPPER", "FOREIGN TABLE", "SERVER", "SUBSCRIPTION", "USER MAPPING":
		return r.admin != ""
	}
	return false
}

// unwanted decides on a line of pg_restore's list: "id; oid oid KIND schema name owner".
func (r *restore) unwanted(d Database) func(line string) bool {
	var drop []string
	for _, key := range d.LeftOut {
		drop = append(drop, " FK CONSTRAINT "+key.Schema+" "+key.Table+" "+key.Name+" ")
	}
	if r.admin != "" {
		// They are there already: see prepareExtensions.
		drop = append(drop, " COMMENT - EXTENSION ")
		for _, e := range d.Extensions {
			drop = append(drop, " SCHEMA - "+e.Schema+" ")
		}
	}
	tables := map[string]bool{}
	if len(r.target.Only) > 0 {
		drop = append(drop, " VIEW ", " MATERIALIZED VIEW ", " FOREIGN TABLE ", " BLOB ", " BLOBS ", " EVENT TRIGGER ", " PUBLICATION ")
		for _, t := range d.Tables {
			tables[t.Schema+" "+t.Name] = true
		}
	}
	return func(line string) bool {
		for _, word := range drop {
			if at := strings.Index(line, word); at >= 0 && strings.Count(line[:at], " ") <= 2 {
				return true
			}
		}
		_, rest, ok := strings.Cut(line, " TABLE ")
		if len(tables) == 0 || !ok || strings.HasPrefix(rest, "ATTACH ") {
			return false
		}
		for name := range tables {
			if strings.HasPrefix(rest, name+" ") {
				return false
			}
		}
		return true
	}
}

// prepareExtensions makes, as the superuser of a scratch server, the extensions
// that the restoring role may not make itself, and lets it fill their tables.
// dblink could reach other machines from ours: nobody may call it.
func (r *restore) prepareExtensions(ctx context.Context, d Database, name string) error {
	if r.admin == "" {
		return nil
	}
	conn, err := r.asAdmin(ctx, name)
	if err != nil {
		return classify(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, e := range d.Extensions {
		if e.Schema != "public" && e.Schema != "pg_catalog" {
			if _, err := conn.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+ident(e.Schema)+` AUTHORIZATION `+ident(r.User)); err != nil {
				return classify(err)
			}
		}
		if _, err := conn.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS `+ident(e.Name)+` SCHEMA `+ident(e.Schema)+` CASCADE`); err != nil {
			if _, refused := refusal(err); !refused {
				return classify(err)
			}
			// This machine lacks it: making it again fails by its name, and is told.
		}
	}
	rows, err := conn.Query(ctx, `
		SELECT 'GRANT ALL ON ' || c.oid::regclass::text || ' TO ' || quote_ident($1)
		FROM pg_depend d JOIN pg_class c ON c.oid = d.objid WHERE d.deptype = 'e' AND d.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'S')
		UNION ALL
		SELECT 'REVOKE ALL ON FUNCTION ' || d.objid::regprocedure::text || ' FROM PUBLIC'
		FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE d.deptype = 'e' AND d.classid = 'pg_proc'::regclass AND e.extname = 'dblink'`, r.User)
	if err != nil {
		return classify(err)
	}
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return classify(err)
	}
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return classify(err)
		}
	}
	return nil
}

// dropStraySequences removes the sequences of tables that were not chosen.
func (r *restore) dropStraySequences(ctx context.Context, name string) error {
	conn, err := r.connect(ctx, name)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, `
		SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'S' AND `+ours+belongsToNoExtension("pg_catalog.pg_class", "c.oid")+`
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refobjid = c.oid AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass)`)
	if err != nil {
		return classify(err)
	}
	stray, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k tableKey, err error) { return k, row.Scan(&k.schema, &k.name) })
	if err != nil {
		return classify(err)
	}
	for _, k := range stray {
		if _, err := conn.Exec(ctx, `DROP SEQUENCE IF EXISTS `+qualified(k.schema, k.name)); err != nil {
			return classify(err)
		}
	}
	return nil
}
