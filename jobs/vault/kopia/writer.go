package kopia

import (
	"context"
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
	helpers chan struct{}
	meter   *Meter
	root    *node
	session repo.DirectRepositoryWriter
	r       *Repository
	puts    *puts
	heal    *healing // nil: nothing is known to be damaged
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

// buffer is one for a chunk; its user puts it back.
func (w *Writer) buffer() *[]byte {
	if b, ok := w.buffers.Get().(*[]byte); ok {
		return b
	}
	fresh := make([]byte, mostChunk)
	return &fresh
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
	next, _ := at.child(name, modified)
	if next == nil {
		return nil, fail.Work(nil, fail.ClassConfig, "vault.fail.name_taken", "path", path.Join(at.path, name))
	}
	next.looked.Do(func() { next.before = w.earlier(ctx, at.before, name) })
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
