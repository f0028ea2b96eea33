package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"levqor/jobs/fail"
)

// loadedTable is what became of one table.
type loadedTable struct {
	tally        // of its rows as the copy holds them
	loaded int64 // rows that the server took
	failed error // why it took none
}

// complete reports whether the server took what the copy holds of the table.
func (o *loadedTable) complete(t Table) bool {
	return o != nil && o.failed == nil && o.loaded == t.Rows
}

// sound reports whether the copy itself holds what was recorded.
func (o *loadedTable) sound(t Table) bool {
	return o != nil && o.rows == t.Rows && (t.Hash == "" || t.Rows == 0 || o.hash() == t.Hash)
}

var errTookOther = errors.New("the server took other rows than it was given")

// load writes the rows of every object that holds wanted tables, several at a
// time. It speaks to the server itself: psql would obey commands hidden in the
// stream of a hostile source. A table that the server refuses is tried again,
// with the search path that the database has and once the others are filled; if
// that does not help either, only that table stays empty.
func (r *restore) load(ctx context.Context, d Database, name string) error {
	units, objects := d.units()
	var size int64
	for _, t := range d.Tables {
		size += t.Bytes
	}
	r.progress.expect(size, len(d.Tables))
	r.tables = map[tableKey]*loadedTable{}
	if err := r.loadObjects(ctx, d, name, objects, ""); err != nil {
		return err
	}
	for left := len(d.Tables) + 1; ; {
		failed, n := r.refused(units, objects)
		if n == 0 || n >= left {
			break
		}
		left = n
		if err := r.empty(ctx, name, failed); err != nil {
			return err
		}
		if err := r.loadObjects(ctx, d, name, failed, d.searchPath()); err != nil {
			return err
		}
	}
	return r.account(d, units)
}

// units are the tables as the data loads them: partitions whose rows come
// through another table count there. objects says what each object holds.
func (d Database) units() (units []Table, objects map[string][]Table) {
	objects = map[string][]Table{d.Folder + "/data/rest.sql": nil} // also holds sequences and large objects
	roots := map[string]*Table{}
	for _, t := range d.Tables {
		root, through := d.table(t.Via)
		switch {
		case t.Left || t.Partitioned:
		case !through:
			units = append(units, t)
			objects[t.Object] = append(objects[t.Object], t)
		case roots[t.Via] == nil:
			root.Rows = t.Rows
			roots[t.Via] = &root
			objects[t.Object] = append(objects[t.Object], root)
		default:
			roots[t.Via].Rows += t.Rows
			if !slices.ContainsFunc(objects[t.Object], func(o Table) bool { return o.key() == root.key() }) {
				objects[t.Object] = append(objects[t.Object], root)
			}
		}
	}
	for _, root := range roots {
		units = append(units, *root)
	}
	return units, objects
}

// refused is the tables that are there and took no rows, with the objects that
// hold them.
func (r *restore) refused(units []Table, objects map[string][]Table) (failed map[string][]Table, n int) {
	again := map[tableKey]bool{}
	for _, t := range units {
		o := r.tables[t.key()]
		if o == nil || o.failed == nil {
			continue
		}
		// Without a context it is the table itself that is not there.
		if pg, ok := refusal(o.failed); ok && (pg.Where != "" || pg.Code != "42P01" && pg.Code != "3F000") {
			again[t.key()] = true
		}
	}
	failed = map[string][]Table{}
	for path, tables := range objects {
		for _, t := range tables {
			if again[t.key()] {
				failed[path] = append(failed[path], t)
			}
		}
	}
	return failed, len(again)
}

// empty forgets what a first try did with tables, and takes out what one of
// several COPYs through a partitioned table brought in.
func (r *restore) empty(ctx context.Context, database string, objects map[string][]Table) error {
	var sql strings.Builder
	for _, tables := range objects {
		for _, t := range tables {
			if o := r.tables[t.key()]; o != nil && o.loaded > 0 {
				sql.WriteString("TRUNCATE " + qualified(t.Schema, t.Name) + ";")
			}
			delete(r.tables, t.key())
		}
	}
	if sql.Len() == 0 {
		return nil
	}
	conn, err := r.writer(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql.String())
	return classify(err)
}

func (r *restore) loadObjects(ctx context.Context, d Database, name string, objects map[string][]Table, searchPath string) error {
	paths := make([]string, 0, len(objects))
	for path := range objects {
		paths = append(paths, path)
	}
	weight := func(path string) (bytes int64) {
		for _, t := range objects[path] {
			bytes += t.Bytes
		}
		return bytes
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a, b)) })
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.jobs)
	for _, path := range paths {
		group.Go(func() error {
			err := r.loadObject(ctx, name, path, objects[path], searchPath)
			if !unreadable(err) || r.admin != "" {
				return err
			}
			r.lock.Lock()
			defer r.lock.Unlock()
			r.unreadable = append(r.unreadable, path)
			r.damage = cmp.Or(r.damage, err)
			return nil
		})
	}
	return group.Wait()
}

// unreadable reports whether the copy itself broke off.
func unreadable(err error) bool { return fail.ClassOf(err) == fail.ClassDamaged }

// loadObject writes the wanted tables of one object.
func (r *restore) loadObject(ctx context.Context, database, path string, tables []Table, searchPath string) error {
	from, err := r.open(ctx, path)
	if err != nil {
		return err
	}
	defer from.Close()
	conn, err := r.writer(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	l := &loader{conn: conn, from: newDumpText(from), progress: r.progress, all: len(r.target.Only) == 0 && searchPath == "",
		searchPath: searchPath, wanted: map[tableKey]Table{}, found: map[tableKey]*loadedTable{}}
	for _, t := range tables {
		l.wanted[t.key()] = t
	}
	err = l.run(ctx)
	r.lock.Lock()
	defer r.lock.Unlock()
	r.join(l.found)
	r.statements = append(r.statements, l.refused...)
	switch {
	case errors.Is(err, errCutOff), errors.Is(err, errStatementTooLong), errors.Is(err, errUnknownCopy):
		return fail.Work(err, fail.ClassDamaged, "postgres.fail.object_damaged", "name", path)
	case err != nil:
		return ended(ctx, classify(err))
	}
	return nil
}

// join adds what one object held of each table.
func (r *restore) join(found map[tableKey]*loadedTable) {
	for key, o := range found {
		if was := r.tables[key]; was != nil {
			o.join(was.tally)
			o.loaded += was.loaded
			o.failed = cmp.Or(o.failed, was.failed)
		}
		r.tables[key] = o
	}
}

// account holds every table against the Truth. Damage of the copy is told as
// such; all else is the fault of the server that was written to.
func (r *restore) account(d Database, units []Table) error {
	var loaded, recorded int64
	known := map[tableKey]bool{}
	for _, t := range units {
		o := r.tables[t.key()]
		if o != nil && o.failed == nil && o.loaded != o.rows {
			o.failed = errTookOther
		}
		known[t.key()] = true
		recorded += t.Rows
		if o != nil {
			loaded += o.loaded
		}
		switch {
		case o.complete(t) && o.sound(t):
		case !o.sound(t):
			r.lose(d, t, o, "table_damaged", nil)
			r.damage = cmp.Or(r.damage, damaged(d, t, o))
		case r.admin != "":
			r.gap.tables[tableKey{t.Schema, t.Name}] = o.tally
			r.note("table_here", map[string]any{"name": d.Name + "." + t.Schema + "." + t.Name, "rows": t.Rows, "reason": reasonOf(o.failed)})
		default:
			r.lose(d, t, o, "table_refused", o.failed)
		}
	}
	r.done.Rows += loaded
	for key, o := range r.tables { // an extension's own, which the Truth does not count
		if o.failed != nil && !known[key] {
			r.statements = append(r.statements, refusedSQL{"COPY " + qualified(key.schema, key.name), o.failed})
		}
	}
	for _, s := range r.statements {
		r.note("statement", map[string]any{"database": d.Name, "statement": shorten(s.sql), "reason": reasonOf(s.err)})
	}
	r.statements = nil
	if loaded == 0 && recorded > 0 && r.damage != nil && r.admin == "" {
		return r.damage // nothing of it can be read
	}
	return nil
}

// lose notes a table that did not come back in full.
func (r *restore) lose(d Database, t Table, o *loadedTable, key string, err error) {
	args := map[string]any{"name": d.Name + "." + t.Schema + "." + t.Name, "recorded": t.Rows, "restored": int64(0)}
	if o != nil {
		args["restored"] = o.loaded
	}
	if err != nil {
		args["reason"] = reasonOf(err)
	}
	r.done.Short += t.Rows - args["restored"].(int64)
	r.lost = append(r.lost, args["name"].(string))
	r.note(key, args)
}

func damaged(d Database, t Table, o *loadedTable) error {
	var found int64
	if o != nil {
		found = o.rows
	}
	name := t.Schema + "." + t.Name
	err := fmt.Errorf("table %s.%s: recorded %d rows, the copy holds %d", d.Name, name, t.Rows, found)
	return fail.Work(err, fail.ClassDamaged, "postgres.fail.rows_damaged", "name", name, "recorded", t.Rows, "restored", found)
}
