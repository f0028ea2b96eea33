package kopia

import (
	"context"
	"fmt"
	"io"
	"path"
	"time"

	kfs "github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/snapshot"

	"levqor/jobs/fail"
)

// Stream stores what r gives until io.EOF as one file. Any other error of r
// loses the snapshot: a dump that broke off must return its process's error
// instead of io.EOF.
func (w *Writer) Stream(ctx context.Context, name string, modified time.Time, r io.Reader) (Stored, error) {
	name, err := clean(name)
	if err != nil {
		return Stored{}, err
	}
	dir, err := w.directory(ctx, path.Dir(name))
	if err != nil {
		return Stored{}, err
	}
	if !dir.reserve(path.Base(name)) {
		return Stored{}, fail.Work(nil, fail.ClassConfig, "vault.fail.name_taken", "path", name)
	}
	w.meter.current.Store(&name)
	e := &snapshot.DirEntry{Name: path.Base(name), Permissions: 0o600, ModTime: kfs.UTCTimestampFromTime(modified)}
	if err := w.store(ctx, e, r); err != nil {
		return Stored{}, fmt.Errorf("store %s: %w", name, err)
	}
	dir.add(e)
	w.meter.files.Add(1)
	return Stored{Path: name, Size: e.FileSize}, nil
}
