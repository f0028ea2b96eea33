package postgres

import (
	"context"
	"errors"
	"io"
	"strings"

	"levqor/jobs/fail"
)

// preface fixes how amounts of money are read, as sessionOptions fixes how they
// are written; it stands before every data stream.
const preface = "SET lc_monetary = 'C';\n"

const pieceSize = 256 << 10

var errNotReadToEnd = errors.New("the object was not read to its end")

// stream runs pg_dump for one object and scans its rows while they pass.
func (v *survey) stream(ctx context.Context, database string, o object) (*scanner, error) {
	p, err := v.start(ctx, "pg_dump", database, nil, o.args...)
	if err != nil {
		return nil, err
	}
	defer p.kill()
	r := &dumpReader{program: p, progress: v.progress}
	if strings.HasSuffix(o.path, ".dump") {
		v.progress.at(o.path)
	} else {
		r.scan, r.preface = newScanner(), preface
	}
	if v.put == nil {
		_, err = r.WriteTo(io.Discard)
	} else {
		_, err = v.put(ctx, o.path, r)
	}
	switch {
	case r.err != nil && !errors.Is(r.err, io.EOF):
		return nil, r.err // before whatever the vault made of it
	case err != nil:
		return nil, err
	case r.err == nil:
		return nil, fail.Work(errNotReadToEnd, fail.ClassInternal, "postgres.fail.counts_differ", "name", o.path, "counted", 0, "read", 0)
	}
	return r.scan, nil
}

// dumpReader is what a vault reads: pg_dump's output, or its failure.
type dumpReader struct {
	program  *program
	scan     *scanner // nil for what is no data
	progress *Progress
	preface  string
	err      error // the last, io.EOF after a whole dump
	finished int
	rows     int64
}

func (r *dumpReader) Read(b []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.preface != "" {
		n := copy(b, r.preface)
		r.preface = r.preface[n:]
		return n, nil
	}
	n, err := r.program.Read(b)
	if r.scan != nil {
		if _, scanErr := r.scan.Write(b[:n]); scanErr != nil {
			err = fail.Work(scanErr, fail.ClassInternal, "postgres.fail.unreadable")
		} else if err == io.EOF {
			if scanErr := r.scan.close(); scanErr != nil {
				err = fail.Work(scanErr, fail.ClassInternal, "postgres.fail.unreadable")
			}
		}
	}
	r.note(n)
	r.err = err
	return n, err
}

func (r *dumpReader) note(n int) {
	if r.scan == nil {
		r.progress.add(int64(n), 0, 0)
		return
	}
	r.progress.add(int64(n), r.scan.rows-r.rows, r.scan.finished-r.finished)
	if r.scan.finished != r.finished || r.rows == 0 {
		r.progress.at(r.scan.current.schema + "." + r.scan.current.name)
	}
	r.rows, r.finished = r.scan.rows, r.scan.finished
}

// WriteTo spares io.Copy its small pieces.
func (r *dumpReader) WriteTo(w io.Writer) (int64, error) {
	var total int64
	piece := make([]byte, pieceSize)
	for {
		n, err := r.Read(piece)
		written, writeErr := w.Write(piece[:n])
		total += int64(written)
		switch {
		case writeErr != nil:
			return total, writeErr
		case err == io.EOF:
			return total, nil
		case err != nil:
			return total, err
		}
	}
}
