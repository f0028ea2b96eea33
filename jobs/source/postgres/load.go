package postgres

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"levqor/jobs/fail"
)

// load writes the rows of every object that holds wanted tables, several at a
// time. It speaks to the server itself: psql would obey commands hidden in the
// stream of a hostile source.
func (r *restore) load(ctx context.Context, d Database, name string) error {
	objects := map[string][]Table{}
	var size int64
	rest := d.Folder + "/data/rest.sql"
	objects[rest] = nil // also holds sequences and large objects
	for _, t := range d.Tables {
		if !t.Partitioned {
			objects[t.Object] = append(objects[t.Object], t)
			size += t.Bytes
		}
	}
	r.progress.expect(size, len(d.Tables))
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
		group.Go(func() error { return r.loadObject(ctx, d, name, path, objects[path]) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, tables := range objects {
		for _, t := range tables {
			r.done.Rows += t.Rows
		}
	}
	return nil
}

// loadObject writes one object and fails where a table got other rows than recorded.
func (r *restore) loadObject(ctx context.Context, d Database, database, path string, tables []Table) error {
	from, err := r.open(ctx, path)
	if err != nil {
		return err
	}
	defer from.Close()
	conn, err := r.connect(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `SET synchronous_commit = off; SET lock_timeout = 0; SET statement_timeout = 0`); err != nil {
		return classify(err)
	}
	l := &loader{conn: conn, from: newDumpText(from), progress: r.progress, all: len(r.target.Only) == 0, wanted: map[tableKey]int64{}, roots: map[tableKey]int64{}}
	for _, t := range tables {
		switch root, ok := d.table(t.Via); {
		case t.Left:
		case ok:
			l.wanted[root.key()] += t.Rows
			l.roots[root.key()] = 0
		default:
			l.wanted[t.key()] = t.Rows
		}
	}
	if err := l.run(ctx); err != nil {
		return ended(ctx, classify(err))
	}
	for key, recorded := range l.wanted {
		if got, root := l.roots[key]; !root || got != recorded {
			return damaged(key, recorded, got)
		}
	}
	return nil
}

func damaged(key tableKey, recorded, restored int64) error {
	err := fmt.Errorf("table %s.%s: recorded %d rows, restored %d", key.schema, key.name, recorded, restored)
	return fail.Work(err, fail.ClassDamaged, "postgres.fail.rows_damaged", "name", key.schema+"."+key.name, "recorded", recorded, "restored", restored)
}

// loader plays one object of data into one connection.
type loader struct {
	conn     *pgx.Conn
	from     *dumpText
	progress *Progress
	all      bool // also what is not in wanted: large objects, an extension's tables
	wanted   map[tableKey]int64
	roots    map[tableKey]int64 // rows so far of tables that several COPYs name
	pending  strings.Builder
}

// flushSize is how much SQL goes to the server at once.
const flushSize = 256 << 10

func (l *loader) run(ctx context.Context) error {
	for {
		text, err := l.from.statement()
		if err == io.EOF {
			return l.flush(ctx)
		}
		if err != nil {
			return err
		}
		if strings.HasPrefix(text, "COPY ") {
			if err := l.flush(ctx); err != nil {
				return err
			}
			if err := l.copy(ctx, text); err != nil {
				return err
			}
			continue
		}
		if !l.all && strings.HasPrefix(text, "SELECT pg_catalog.lo") {
			continue
		}
		l.pending.WriteString(text + "\n")
		if l.pending.Len() > flushSize || !l.all {
			if err := l.flush(ctx); err != nil {
				return err
			}
		}
	}
}

func (l *loader) flush(ctx context.Context) error {
	if l.pending.Len() == 0 {
		return nil
	}
	_, err := l.conn.PgConn().Exec(ctx, l.pending.String()).ReadAll()
	l.pending.Reset()
	// The sequence of a table that was not chosen is not there.
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42P01" && !l.all {
		return nil
	}
	return err
}

// freezeFrom is the number of rows from which emptying a table first pays: its
// rows then need no second visit, and on a scratch server no log.
const freezeFrom = 10_000

func (l *loader) copy(ctx context.Context, statement string) error {
	schema, name, ok := copyTarget(statement)
	if !ok {
		return errUnknownCopy
	}
	key := tableKey{schema, name}
	recorded, wanted := l.wanted[key]
	rows := &copyRows{from: l.from.r, progress: l.progress, lineStart: true}
	if !wanted && !l.all {
		_, err := io.Copy(io.Discard, rows)
		return err
	}
	l.progress.at(schema + "." + name)
	if _, root := l.roots[key]; root || !wanted || recorded < freezeFrom {
		return l.receive(ctx, key, statement, rows)
	}
	if _, err := l.conn.Exec(ctx, `BEGIN`); err != nil {
		return err
	}
	if _, err := l.conn.Exec(ctx, `TRUNCATE ONLY `+qualified(schema, name)); err != nil {
		return err
	}
	if err := l.receive(ctx, key, strings.TrimSuffix(statement, ";")+" WITH (FREEZE);", rows); err != nil {
		return err
	}
	_, err := l.conn.Exec(ctx, `COMMIT`)
	return err
}

func (l *loader) receive(ctx context.Context, key tableKey, statement string, rows *copyRows) error {
	tag, err := l.conn.PgConn().CopyFrom(ctx, rows, statement)
	if rows.err != nil && rows.err != io.EOF {
		return rows.err
	}
	if err != nil {
		return err
	}
	if _, root := l.roots[key]; root {
		l.roots[key] += tag.RowsAffected()
		l.progress.add(0, tag.RowsAffected(), 1)
		return nil
	}
	recorded, wanted := l.wanted[key]
	if wanted && recorded != tag.RowsAffected() {
		return damaged(key, recorded, tag.RowsAffected())
	}
	delete(l.wanted, key)
	l.progress.add(0, tag.RowsAffected(), 1)
	return nil
}

// dumpText reads a data object statement by statement.
type dumpText struct {
	r   *bufio.Reader
	sql statement
}

func newDumpText(r io.Reader) *dumpText { return &dumpText{r: bufio.NewReaderSize(r, 1<<20)} }

// statement is the next one, io.EOF after the last; what follows a COPY must be
// read as rows first.
func (t *dumpText) statement() (string, error) {
	var long []byte
	for {
		line, err := t.r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) && len(long) < maxStatement {
			long = append(long, line...)
			continue
		}
		if err == io.EOF && len(line)+len(long)+len(t.sql.text) > 0 {
			return "", errCutOff
		}
		if err != nil {
			return "", err
		}
		if long != nil {
			line, long = append(long, line...), nil
		}
		complete, err := t.sql.add(line)
		if err != nil {
			return "", err
		}
		if complete {
			return t.sql.take(), nil
		}
	}
}

// copyRows is the rows after a COPY statement, up to their end mark.
type copyRows struct {
	from      *bufio.Reader
	progress  *Progress
	lineStart bool
	err       error
}

var endMark = []byte("\n\\.\n")

func (c *copyRows) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	ahead, err := c.from.Peek(max(len(endMark), min(c.from.Buffered(), len(p)+len(endMark))))
	if c.lineStart && bytes.HasPrefix(ahead, endMark[1:]) {
		_, _ = c.from.Discard(len(endMark) - 1)
		c.err = io.EOF
		return 0, c.err
	}
	n := len(ahead) - len(endMark)
	if at := bytes.Index(ahead, endMark); at >= 0 {
		n = at + 1
	} else if err != nil {
		if c.err = err; err == io.EOF {
			c.err = errCutOff
		}
		return 0, c.err
	} else if n <= 0 {
		n = 1
	}
	n = copy(p, ahead[:n])
	c.lineStart = p[n-1] == '\n'
	_, _ = c.from.Discard(n)
	c.progress.add(int64(n), 0, 0)
	return n, nil
}
