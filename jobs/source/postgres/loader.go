package postgres

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
)

// loader plays one object of data into one connection.
type loader struct {
	conn       *pgx.Conn
	from       *dumpText
	progress   *Progress
	all        bool   // also what is not in wanted: large objects, an extension's tables
	searchPath string // of a second try, which plays nothing but tables
	wanted     map[tableKey]Table
	found      map[tableKey]*loadedTable
	pending    []string
	size       int
	refused    []refusedSQL
}

// refusedSQL is a statement beside the tables that the server would not do.
type refusedSQL struct {
	sql string
	err error
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
		if l.skips(&text) {
			continue
		}
		l.pending = append(l.pending, text)
		if l.size += len(text); l.size > flushSize || !l.all {
			if err := l.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// skips leaves out what a choice of tables or a second try does not want. A
// second try keeps the database's own search path.
func (l *loader) skips(text *string) bool {
	switch {
	case l.all:
		return false
	case l.searchPath == "":
		return strings.HasPrefix(*text, "SELECT pg_catalog.lo")
	case strings.HasPrefix(*text, "SELECT pg_catalog.set_config('search_path'"):
		*text = "SET search_path = " + l.searchPath + ";"
		return false
	}
	return !strings.HasPrefix(*text, "SET ")
}

// flush sends what has gathered at once; where the server refuses it, one by one
// to find out what of it.
func (l *loader) flush(ctx context.Context) error {
	pending := l.pending
	l.pending, l.size = nil, 0
	if len(pending) == 0 {
		return nil
	}
	err := l.exec(ctx, strings.Join(pending, "\n"))
	if _, refused := refusal(err); err == nil || !refused {
		return err
	}
	if err := l.exec(ctx, "ROLLBACK"); err != nil {
		return err
	}
	for _, sql := range pending {
		err := l.exec(ctx, sql)
		pg, refused := refusal(err)
		switch {
		case err == nil:
		case !refused:
			return err
		case pg.Code == "42P01" && !l.all: // the sequence of a table that was not chosen
		case pg.Code == "25P02": // it follows from what was told before
		default:
			l.refused = append(l.refused, refusedSQL{sql, err})
		}
	}
	return nil
}

func (l *loader) exec(ctx context.Context, sql string) error {
	_, err := l.conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// freezeFrom is the number of rows from which emptying a table first pays: its
// rows then need no second visit, and on a scratch server no log.
const freezeFrom = 10_000

// copy loads the rows of one COPY, and reads them in any case: what the copy
// holds is known even where the server does not take it.
func (l *loader) copy(ctx context.Context, statement string) error {
	schema, name, ok := copyTarget(statement)
	if !ok {
		return errUnknownCopy
	}
	key := tableKey{schema, name}
	table, wanted := l.wanted[key]
	rows := &copyRows{from: l.from.r, progress: l.progress, lineStart: true}
	if !wanted && !l.all {
		_, err := io.Copy(io.Discard, rows)
		return err
	}
	l.progress.at(schema + "." + name)
	o := l.found[key]
	again := o != nil // rows of several partitions may come through one name
	if !again {
		o = &loadedTable{}
		l.found[key] = o
	}
	rows.scan = &scanner{copying: &o.tally}
	loaded, err := l.receive(ctx, key, statement, rows, wanted && !table.Partitioned && table.Rows >= freezeFrom && !again)
	if rows.err != nil && rows.err != io.EOF {
		return rows.err
	}
	if _, refused := refusal(err); err != nil && !refused {
		return err
	}
	if err != nil {
		o.failed = err
		if _, err := io.Copy(io.Discard, rows); err != nil {
			return err
		}
		return l.exec(ctx, "ROLLBACK")
	}
	o.loaded += loaded
	l.progress.add(0, loaded, 1)
	return nil
}

// receive gives the rows to the server; frozen where they are many, as the only
// ones of a table that is emptied in the same transaction.
func (l *loader) receive(ctx context.Context, key tableKey, statement string, rows *copyRows, freeze bool) (int64, error) {
	if freeze {
		if err := l.exec(ctx, "BEGIN; TRUNCATE ONLY "+qualified(key.schema, key.name)); err != nil {
			return 0, err
		}
		statement = strings.TrimSuffix(statement, ";") + " WITH (FREEZE);"
	}
	tag, err := l.conn.PgConn().CopyFrom(ctx, rows, statement)
	if err != nil || !freeze {
		return tag.RowsAffected(), err
	}
	return tag.RowsAffected(), l.exec(ctx, "COMMIT")
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
	scan      *scanner // counts and hashes them; may be nil
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
	if c.scan != nil {
		c.scan.takeRows(p[:n])
	}
	_, _ = c.from.Discard(n)
	c.progress.add(int64(n), 0, 0)
	return n, nil
}
