package kopia

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/manifest"
	"github.com/kopia/kopia/snapshot"

	"levqor/jobs/fail"
)

// Writer fills one snapshot. Its methods may be called side by side; once one of
// them failed, the snapshot is lost and fn of Write should return that error.
type Writer struct {
	buffers sync.Pool
	meter   *Meter
	root    *node
	session repo.RepositoryWriter
	start   time.Time
	skipped atomic.Int64

	observer *Observer // nil: nobody follows

	prototype snapshot.Manifest
	last      manifest.ID // this session's newest checkpoint
}

// Stored is what became of one stream or object.
type Stored struct {
	Path string
	Size int64
}

const copyBytes = 256 << 10

func (w *Writer) buffer() (buf []byte, done func()) {
	b, ok := w.buffers.Get().(*[]byte)
	if !ok {
		fresh := make([]byte, copyBytes)
		b = &fresh
	}
	return *b, func() { w.buffers.Put(b) }
}

// copy moves a source into the vault. A failure to read is the source's own
// error, returned as it is; a failure to write is the vault's.
func (w *Writer) copy(ctx context.Context, to io.Writer, from io.Reader) (int64, error) {
	buf, done := w.buffer()
	defer done()
	var total int64
	for {
		if err := ctx.Err(); err != nil {
			return total, context.Cause(ctx)
		}
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return total, failure(err)
			}
			total += int64(n)
			w.meter.read.Add(int64(n))
		}
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a source that broke off
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// directory returns the live directory at dir, making those on the way.
func (w *Writer) directory(ctx context.Context, dir string) (*node, error) {
	at := w.root
	if dir == "." {
		return at, nil
	}
	for name := range strings.SplitSeq(dir, "/") {
		next, err := w.below(ctx, at, name, w.start)
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

func (w *Writer) below(ctx context.Context, at *node, name string, modified time.Time) (*node, error) {
	next, made := at.child(name, modified)
	if next == nil {
		return nil, fail.Work(nil, fail.ClassConfig, "vault.fail.name_taken", "path", path.Join(at.path, name))
	}
	if made {
		next.before = w.earlier(ctx, at.before, name)
	}
	return next, nil
}

// earlier loads the directories called name of the earlier snapshots. One that
// can't be read is left out: then its files are read again, which heals it.
func (w *Writer) earlier(ctx context.Context, parents []map[string]*snapshot.DirEntry, name string) []map[string]*snapshot.DirEntry {
	var found []map[string]*snapshot.DirEntry
	for _, p := range parents {
		if e, ok := p[name]; ok && e.Type == snapshot.EntryTypeDirectory {
			found = w.load(ctx, found, e)
		}
	}
	return found
}

func (w *Writer) load(ctx context.Context, found []map[string]*snapshot.DirEntry, dir *snapshot.DirEntry) []map[string]*snapshot.DirEntry {
	list, err := entries(ctx, w.session, dir.ObjectID)
	if err != nil {
		slog.WarnContext(ctx, "vault: an earlier directory can't be read, its files are read again", "error", err.Error())
		return found
	}
	m := make(map[string]*snapshot.DirEntry, len(list))
	for _, e := range list {
		m[e.Name] = e
	}
	return append(found, m)
}

// clean refuses what is no plain relative path.
func clean(p string) (string, error) {
	if p == "" {
		return ".", nil
	}
	if !fs.ValidPath(p) || strings.ContainsRune(p, 0) {
		return "", fail.Work(nil, fail.ClassConfig, "vault.fail.name", "path", p)
	}
	return p, nil
}
