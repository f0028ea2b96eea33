package kopia

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"
	"time"

	kfs "github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/snapshot"
	"golang.org/x/sync/errgroup"

	"levqor/jobs/fail"
)

// Item is one object of a bucket.
type Item struct {
	Key      string
	Size     int64
	Modified time.Time
	Open     func(ctx context.Context) (io.ReadCloser, error) // called only when the object has to be read
}

// Items stores objects as files below at; KeyOf tells a path's key. One whose size and time an earlier
// snapshot has is not opened. An error in the sequence, a body that ends early
// or one that is longer than its listing says loses the snapshot.
func (w *Writer) Items(ctx context.Context, at string, items iter.Seq2[Item, error]) error {
	at, err := clean(at)
	if err != nil {
		return err
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for item, err := range items {
		if err == nil && inner.Err() == nil {
			err = w.item(inner, group, at, item)
		}
		if err != nil || inner.Err() != nil {
			group.Go(func() error { return err })
			break
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (w *Writer) item(ctx context.Context, group *errgroup.Group, at string, it Item) error {
	rel, err := clean(keyPath(it.Key))
	if err != nil {
		return err
	}
	dir, err := w.prefix(ctx, at, path.Dir(rel))
	if err != nil {
		return err
	}
	base, err := take(dir, path.Base(rel))
	if err != nil {
		return err
	}
	name := path.Join(dir.path, base)
	e := &snapshot.DirEntry{
		Name:        base,
		Type:        snapshot.EntryTypeFile,
		Permissions: 0o644,
		FileSize:    it.Size,
		ModTime:     kfs.UTCTimestampFromTime(it.Modified),
	}
	old := dir.known(e.Name, func(o *snapshot.DirEntry) bool {
		return o.Type == e.Type && o.FileSize == e.FileSize && o.ModTime == e.ModTime
	})
	if old != nil && w.trusts(name) && !w.heal.rests(ctx, old) {
		e.ObjectID = old.ObjectID
		w.meter.unchanged.Add(1)
		w.enter(dir, e, name, nil)
		return nil
	}
	group.Go(func() error {
		hash, err := w.object(ctx, it, name, e)
		if errors.Is(err, ErrGone) {
			w.skipped.Add(1)
			return nil
		}
		if err != nil {
			return fmt.Errorf("store %s: %w", name, err)
		}
		w.enter(dir, e, name, hash)
		return nil
	})
	return nil
}

// prefix is directory for keys: "a" may be an object already.
func (w *Writer) prefix(ctx context.Context, at, rel string) (*node, error) {
	dir, err := w.directory(ctx, at)
	if err != nil || rel == "." {
		return dir, err
	}
	for name := range strings.SplitSeq(rel, "/") {
		next, err := w.below(ctx, dir, name, w.start)
		if err != nil {
			next, err = w.below(ctx, dir, name+bothMark, w.start)
		}
		if err != nil {
			return nil, err
		}
		dir = next
	}
	return dir, nil
}

// take reserves the name of an object, whose key may be a prefix already.
func take(dir *node, name string) (string, error) {
	for _, n := range []string{name, name + bothMark} {
		if dir.reserve(n) {
			return n, nil
		}
	}
	return "", fail.Work(nil, fail.ClassConfig, "vault.fail.name_taken", "path", path.Join(dir.path, name))
}

func (w *Writer) enter(dir *node, e *snapshot.DirEntry, name string, hash []byte) {
	dir.add(e)
	w.entered(name, e, 0, hash)
	w.meter.files.Add(1)
}

func (w *Writer) object(ctx context.Context, it Item, name string, e *snapshot.DirEntry) (hash []byte, err error) {
	w.meter.current.Store(&name)
	body, err := it.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	from, sum := w.hashing(body)
	err = w.store(ctx, e, from)
	if errors.Is(err, io.ErrUnexpectedEOF) || err == nil && e.FileSize != it.Size {
		return nil, fail.Work(err, fail.ClassTransient, "vault.fail.length", "path", name)
	}
	return sum(), err
}
