package postgres

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

const (
	// bigTable is the size from which a table is an object of its own.
	bigTable = 32 << 20
	// maxBigTables bounds how often pg_dump reads the catalogue anew.
	maxBigTables = 64
	lockTimeout  = "60s"
)

// survey reads databases in full, each under one snapshot: into a vault for a
// backup, to nowhere for a comparison. put is nil for the latter.
type survey struct {
	*server
	put      Put
	stable   []string
	progress *Progress
	// encoding of the streams; empty is each database's own, in which no byte is lost.
	encoding string
	notes    []Note
}

// object is one run of pg_dump.
type object struct {
	path   string
	bytes  int64
	tables []int // of Database.Tables; nil for the schema
	args   []string
}

// database reads one database and returns what was in it, with the names of the
// tables that were left out.
func (v *survey) database(ctx context.Context, name string) (Database, []string, error) {
	conn, err := v.steady(ctx, name)
	if err != nil {
		return Database{}, nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	tx, snapshot, err := hold(ctx, conn)
	if err != nil {
		return Database{}, nil, classify(err)
	}
	d, objects, excluded, err := v.plan(ctx, tx, name, snapshot)
	if err != nil {
		return d, nil, classify(err)
	}
	many, err := lockHungry(ctx, tx, len(d.Tables))
	if err != nil {
		return d, nil, classify(err)
	}
	v.progress.expect(sizeOf(objects), len(d.Tables))
	workers := streams
	if many { // nothing may hold locks beside the one dump
		workers = 1
		if err := v.countApart(ctx, name, snapshot, d.Tables); err != nil {
			return d, nil, err
		}
	}
	seen := make([]*scanner, len(objects))
	group, ctx := errgroup.WithContext(ctx)
	work := make(chan int, len(objects))
	for i := range objects {
		work <- i
	}
	close(work)
	for range workers {
		group.Go(func() error {
			for i := range work {
				var err error
				if seen[i], err = v.stream(ctx, name, objects[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if !many {
		group.Go(func() error { return classify(count(ctx, tx, d.Tables)) })
	}
	if err := group.Wait(); err != nil {
		return d, nil, err
	}
	return d, excluded, settle(&d, seen)
}

// hold opens the transaction whose snapshot every stream of a database shares.
func hold(ctx context.Context, conn *pgx.Conn) (pgx.Tx, string, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, "", err
	}
	var snapshot string
	err = tx.QueryRow(ctx, `SELECT pg_catalog.pg_export_snapshot()`).Scan(&snapshot)
	return tx, snapshot, err
}

// plan lists the tables and divides them into objects, the largest first.
func (v *survey) plan(ctx context.Context, tx pgx.Tx, name, snapshot string) (Database, []object, []string, error) {
	relations, err := listRelations(ctx, tx, v.Exclude)
	if err == nil {
		err = refuseUnreadable(name, relations)
	}
	if err != nil {
		return Database{}, nil, nil, err
	}
	out, followers, keys, err := leftOut(ctx, tx, relations)
	if err != nil {
		return Database{}, nil, nil, err
	}
	d, err := describe(ctx, tx, name, out)
	if err != nil {
		return d, nil, nil, err
	}
	d.LeftOut = keys
	if d.Stream = cmp.Or(v.encoding, d.Encoding); d.Stream == utf8Encoding {
		d.Stream = ""
	}
	common := []string{"--snapshot=" + snapshot, "--lock-wait-timeout=" + lockTimeout, "--encoding=" + cmp.Or(d.Stream, utf8Encoding), "--no-password"}
	var without, excluded []string
	for _, f := range followers {
		without = append(without, "-T", qualified(f.Schema, f.Name))
	}
	for _, r := range relations {
		t := r.table()
		if r.Excluded {
			without = append(without, "-T", t.pattern())
			excluded = append(excluded, name+"."+t.Schema+"."+t.Name)
			continue
		}
		d.Tables = append(d.Tables, t)
	}
	if v.put != nil {
		if err := v.nameGaps(ctx, tx, &d, relations); err != nil {
			return d, nil, nil, err
		}
	}
	data := slices.Concat(common, []string{"--section=data"}, v.stable)
	objects := divide(&d, data, without)
	if v.put != nil {
		objects = append(objects, object{path: d.Folder + "/schema.dump",
			args: slices.Concat(common, without, []string{"-Fc", "-Z0", "--section=pre-data", "--section=post-data"})})
	}
	return d, objects, excluded, nil
}

// divide gives each big table an object and all others one together.
func divide(d *Database, data, without []string) []object {
	var big []int
	for i, t := range d.Tables {
		if t.Bytes >= bigTable && !t.Partitioned {
			big = append(big, i)
		}
	}
	slices.SortFunc(big, func(a, b int) int { return cmp.Compare(d.Tables[b].Bytes, d.Tables[a].Bytes) })
	big = big[:min(len(big), maxBigTables)]
	rest := object{path: d.Folder + "/data/rest.sql"}
	var objects []object
	for _, i := range big {
		t := &d.Tables[i]
		t.Object = tableObject(d.Folder, t.Schema, t.Name)
		objects = append(objects, object{t.Object, t.Bytes, []int{i}, append(slices.Clone(data), "-t", t.pattern())})
		without = append(without, "-T", t.pattern())
	}
	for i := range d.Tables {
		if t := &d.Tables[i]; t.Object == "" && !t.Partitioned {
			t.Object = rest.path
			rest.bytes += t.Bytes
			rest.tables = append(rest.tables, i)
		}
	}
	rest.args = slices.Concat(data, without)
	objects = append(objects, rest)
	slices.SortStableFunc(objects, func(a, b object) int { return cmp.Compare(b.bytes, a.bytes) })
	return objects
}

func sizeOf(objects []object) (bytes int64) {
	for _, o := range objects {
		bytes += o.bytes
	}
	return bytes
}
