package kopia

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/kopia/kopia/snapshot"
	"github.com/zeebo/blake3"
)

// ErrGone is what an Item's Open returns for an object that the bucket has lost
// since it was listed: it is left out and counted as skipped.
var ErrGone = errors.New("removed since it was listed")

// Observer follows the entries of Folder and Items into a snapshot. Its functions
// are called side by side and must be quick.
type Observer struct {
	// Known is asked about a file that looks unchanged; false has it read again.
	Known func(path string) bool
	// Entered is told of each folder, link and file once it is in, and of what no
	// snapshot can hold: pipes, devices, sockets.
	Entered func(Entered)
}

// Entered is one entry of a snapshot being written.
type Entered struct {
	Path     string // as Entry has it
	Type     fs.FileMode
	Size     int64
	Modified time.Time
	Hash     []byte            // BLAKE3 of a file as it was read; nil when it was taken over unread
	Disk     fs.FileInfo       // of an entry of Folder; nil of Items
	Attrs    map[string][]byte // extended attributes, of an entry of Folder
	Unread   []string          // names of those that could not be read; * for all
}

// Observe makes o follow what is stored from now on. It is called once, first.
func (w *Writer) Observe(o Observer) { w.observer = &o }

// Earlier opens a file at the top of the newest earlier snapshot that has it.
// fs.ErrNotExist when none has. The caller closes.
func (w *Writer) Earlier(ctx context.Context, name string) (io.ReadCloser, error) {
	e := w.root.known(name, func(e *snapshot.DirEntry) bool { return e.Type == snapshot.EntryTypeFile })
	if e == nil || w.heal.rests(ctx, e) {
		return nil, fs.ErrNotExist
	}
	r, err := w.session.OpenObject(ctx, e.ObjectID)
	if err != nil {
		return nil, damagedAt(err, name)
	}
	return file{r, name}, nil
}

// trusts reports whether a file that looks unchanged may be taken over.
func (w *Writer) trusts(path string) bool {
	return w.observer == nil || w.observer.Known == nil || w.observer.Known(path)
}

// hashing returns r so that its bytes are hashed as they pass, when anybody cares.
func (w *Writer) hashing(r io.Reader) (io.Reader, func() []byte) {
	if w.observer == nil {
		return r, func() []byte { return nil }
	}
	h := blake3.New()
	return io.TeeReader(r, h), func() []byte { return h.Sum(nil) }
}

func (w *Writer) entered(path string, e *snapshot.DirEntry, kind fs.FileMode, hash []byte) {
	w.tell(Entered{Path: path, Type: kind, Size: e.FileSize, Modified: e.ModTime.ToTime(), Hash: hash})
}

func (w *Writer) tell(e Entered) {
	if w.observer != nil && w.observer.Entered != nil {
		w.observer.Entered(e)
	}
}
