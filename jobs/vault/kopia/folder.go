package kopia

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"

	kfs "github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/repo/object"
	"github.com/kopia/kopia/snapshot"

	"levqor/jobs/fail"
)

const readers = 4 // files of a tree read side by side

// FolderOptions narrow what of a folder is stored.
type FolderOptions struct {
	// Exclude holds patterns of names to leave out: without a slash they match a
	// name anywhere, with one the path from the folder; ** crosses folders; a
	// trailing slash matches folders only.
	Exclude []string
}

// Folder stores the tree below dir on disk as the folder at in the snapshot.
// Files whose size and time are those of an earlier snapshot are not read.
// Symlinks are stored as such and never followed. A file or folder that can't be
// read loses the snapshot: a backup is never silently smaller than its source.
func (w *Writer) Folder(ctx context.Context, at, dir string, opt FolderOptions) error {
	at, err := clean(at)
	if err != nil {
		return err
	}
	out, err := excluding(opt.Exclude)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return unreadable(err, dir)
	}
	defer root.Close()
	info, err := root.Stat(".")
	if err != nil {
		return unreadable(err, dir)
	}
	n, err := w.directory(ctx, at)
	if err != nil {
		return err
	}
	describe(&n.self, info)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := &tree{w: w, excluded: out, slots: make(chan struct{}, readers-1), cancel: cancel}
	t.fill(ctx, n, root, ".")
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// tree is one walk: a directory's entries are handled by whoever has a slot
// free, else by the walker itself, so no one ever waits for a slot.
type tree struct {
	cancel   context.CancelCauseFunc // on the first failure
	excluded func(name string, dir bool) bool
	slots    chan struct{}
	w        *Writer
}

// seen is an entry of a folder as the walk found it.
type seen struct {
	info   fs.FileInfo
	attrs  map[string][]byte
	unread []string
}

func (t *tree) look(dir *os.File, name string, info fs.FileInfo) seen {
	s := seen{info: info}
	if t.w.observer != nil {
		s.attrs, s.unread = attributes(dir, name)
	}
	return s
}

// entered tells the observer of an entry, with what the disk says of it.
func (t *tree) entered(path string, e *snapshot.DirEntry, s seen, hash []byte) {
	t.w.tell(Entered{Path: path, Type: s.info.Mode().Type(), Size: e.FileSize, Modified: e.ModTime.ToTime(), Hash: hash,
		Disk: s.info, Attrs: s.attrs, Unread: s.unread})
}

func (t *tree) fill(ctx context.Context, n *node, dir *os.Root, rel string) {
	open, names, err := list(dir)
	if err != nil {
		t.cancel(unreadable(err, rel))
		return
	}
	defer open.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, name := range names {
		if ctx.Err() != nil {
			return
		}
		rel := path.Join(rel, name)
		info, err := dir.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			t.w.skipped.Add(1) // removed since it was listed
			continue
		case err != nil:
			t.cancel(unreadable(err, rel))
			return
		case t.excluded(rel, info.IsDir()):
			continue
		case !info.IsDir() && !n.reserve(storedName(name)):
			t.cancel(fail.Work(nil, fail.ClassConfig, "vault.fail.name_taken", "path", rel))
			return
		}
		found := t.look(open, name, info)
		if t.same(ctx, n, storedName(name), found) {
			continue
		}
		t.share(&wg, func() {
			if err := t.entry(ctx, n, dir, rel, found); err != nil {
				t.cancel(err)
			}
		})
	}
}

func (t *tree) share(wg *sync.WaitGroup, work func()) {
	select {
	case t.slots <- struct{}{}:
		wg.Go(func() {
			defer func() { <-t.slots }()
			work()
		})
	default:
		work()
	}
}

func list(dir *os.Root) (*os.File, []string, error) {
	d, err := dir.Open(".")
	if err != nil {
		return nil, nil, err
	}
	names, err := d.Readdirnames(-1)
	if err != nil {
		d.Close()
	}
	return d, names, err
}

// same takes an unchanged file over from an earlier snapshot.
func (t *tree) same(ctx context.Context, n *node, name string, found seen) bool {
	info := found.info
	if !info.Mode().IsRegular() {
		return false
	}
	modified := kfs.UTCTimestampFromTime(info.ModTime())
	old := n.known(name, func(e *snapshot.DirEntry) bool {
		return e.Type == snapshot.EntryTypeFile && e.FileSize == info.Size() && e.ModTime == modified
	})
	if old == nil || !t.w.trusts(path.Join(n.path, name)) || t.w.heal.rests(ctx, old) {
		return false
	}
	e := &snapshot.DirEntry{Name: name, Type: snapshot.EntryTypeFile, FileSize: old.FileSize, ObjectID: old.ObjectID}
	describe(e, info)
	n.add(e)
	t.entered(path.Join(n.path, name), e, found, nil)
	t.w.meter.files.Add(1)
	t.w.meter.unchanged.Add(1)
	return true
}

func (t *tree) entry(ctx context.Context, n *node, dir *os.Root, rel string, found seen) error {
	info := found.info
	e := &snapshot.DirEntry{Name: storedName(path.Base(rel))}
	describe(e, info)
	var err error
	var hash []byte
	switch mode := info.Mode(); {
	case mode.IsDir():
		return t.folder(ctx, n, dir, rel, found)
	case mode.IsRegular():
		hash, err = t.file(ctx, dir, rel, e, info)
	case mode&fs.ModeSymlink != 0:
		err = t.link(ctx, dir, rel, e)
	default:
		t.w.skipped.Add(1)
		t.entered(path.Join(n.path, e.Name), e, found, nil)
		return nil
	}
	if errors.Is(err, errRemoved) {
		t.w.skipped.Add(1)
		return nil
	}
	if err != nil {
		return fmt.Errorf("store %s: %w", rel, err)
	}
	n.add(e)
	t.entered(path.Join(n.path, e.Name), e, found, hash)
	return nil
}

func (t *tree) folder(ctx context.Context, n *node, dir *os.Root, rel string, found seen) error {
	info := found.info
	sub, err := dir.OpenRoot(path.Base(rel))
	if errors.Is(err, fs.ErrNotExist) {
		t.w.skipped.Add(1)
		return nil
	}
	if err != nil {
		return unreadable(err, rel)
	}
	defer sub.Close()
	c, err := t.w.below(ctx, n, storedName(path.Base(rel)), info.ModTime())
	if err != nil {
		return err
	}
	describe(&c.self, info)
	t.fill(ctx, c, sub, rel)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e, err := c.write(ctx, t.w, "")
	if err != nil {
		return failure(err)
	}
	n.add(e)
	t.entered(c.path, e, found, nil)
	return nil
}

var errRemoved = errors.New("removed while the backup ran")

func (t *tree) file(ctx context.Context, dir *os.Root, rel string, e *snapshot.DirEntry, info fs.FileInfo) (hash []byte, err error) {
	t.w.meter.current.Store(&rel)
	// a name that became a pipe meanwhile must not be waited for
	f, err := dir.OpenFile(path.Base(rel), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errRemoved
	}
	if err != nil {
		return nil, unreadable(err, rel)
	}
	defer f.Close()
	from, sum := t.w.hashing(reading{f, rel})
	if err := t.w.store(ctx, e, from); err != nil {
		return nil, err
	}
	t.w.meter.files.Add(1)
	return sum(), nil
}

func (t *tree) link(ctx context.Context, dir *os.Root, rel string, e *snapshot.DirEntry) error {
	target, err := dir.Readlink(path.Base(rel))
	if errors.Is(err, fs.ErrNotExist) {
		return errRemoved
	}
	if err != nil {
		return unreadable(err, rel)
	}
	id, err := t.w.write(ctx, []byte(target), object.WriterOptions{Description: "SYMLINK:" + e.Name, MetadataCompressor: fastest})
	if err != nil {
		return failure(err)
	}
	e.Type, e.FileSize, e.ObjectID = snapshot.EntryTypeSymlink, int64(len(target)), id
	return nil
}

// reading names the file in what the disk says while it is read.
type reading struct {
	f   *os.File
	rel string
}

func (r reading) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	if err != nil && err != io.EOF {
		err = unreadable(err, r.rel)
	}
	return n, err
}

func unreadable(err error, name string) error {
	class := fail.ClassTransient
	switch {
	case errors.Is(err, fs.ErrPermission):
		class = fail.ClassCredentials
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		class = fail.ClassGone
	}
	return fail.Work(err, class, "vault.fail.unreadable", "path", strings.ToValidUTF8(name, "�"))
}

func describe(e *snapshot.DirEntry, info fs.FileInfo) {
	e.Permissions = snapshot.Permissions(info.Mode() & kfs.ModBits)
	e.ModTime = kfs.UTCTimestampFromTime(info.ModTime())
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		e.UserID, e.GroupID = st.Uid, st.Gid
	}
}
