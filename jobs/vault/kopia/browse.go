package kopia

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	kfs "github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/repo/manifest"
	"github.com/kopia/kopia/snapshot"

	"levqor/jobs/fail"
)

// Entry is a file, folder or link of a snapshot. A byte of a name that is no
// UTF-8 shows as a private rune; RestoreTo gives the byte back.
type Entry struct {
	Name     string
	Path     string // from the snapshot's root, "." is the root
	Dir      bool
	Link     string // a symlink's target; filled by Stat and Walk
	Size     int64  // of a folder: of all files below
	Files    int64  // of a folder: all files below
	Modified time.Time
	Mode     fs.FileMode // type and permission bits

	raw *snapshot.DirEntry
}

func entryOf(at string, e *snapshot.DirEntry) Entry {
	out := Entry{
		Name: e.Name, Path: path.Join(at, e.Name), Size: e.FileSize,
		Modified: e.ModTime.ToTime(), Mode: fs.FileMode(e.Permissions) & kfs.ModBits, raw: e,
	}
	switch e.Type {
	case snapshot.EntryTypeDirectory:
		out.Dir = true
		out.Mode |= fs.ModeDir
		if e.DirSummary != nil {
			out.Size, out.Files = e.DirSummary.TotalFileSize, e.DirSummary.TotalFileCount
		}
	case snapshot.EntryTypeSymlink:
		out.Mode |= fs.ModeSymlink
	}
	return out
}

// Stat finds one entry. A snapshot or path that is not there is NotFound.
func (r *Repository) Stat(ctx context.Context, id, name string) (Entry, error) {
	name, err := clean(name)
	if err != nil {
		return Entry{}, fail.Wrap(err, fail.NotFound, "vault.fail.no_entry")
	}
	man, err := r.manifest(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	at := entryOf(".", man.RootEntry)
	at.Name, at.Path = ".", "."
	if name == "." {
		return at, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if at, err = r.within(ctx, at, part); err != nil {
			return Entry{}, err
		}
	}
	return at, r.readlink(ctx, &at)
}

func (r *Repository) within(ctx context.Context, dir Entry, name string) (Entry, error) {
	if dir.Dir {
		list, err := entries(ctx, r.rep, dir.raw.ObjectID)
		if err != nil {
			return Entry{}, damagedAt(err, dir.Path)
		}
		for _, e := range list {
			if e.Name == name {
				return entryOf(dir.Path, e), nil
			}
		}
	}
	return Entry{}, fail.New(fail.NotFound, "vault.fail.no_entry")
}

func (r *Repository) manifest(ctx context.Context, id string) (*snapshot.Manifest, error) {
	man, err := snapshot.LoadSnapshot(ctx, r.rep, manifest.ID(id))
	if errors.Is(err, snapshot.ErrSnapshotNotFound) {
		if err := r.rep.Refresh(ctx); err != nil {
			return nil, failure(err)
		}
		man, err = snapshot.LoadSnapshot(ctx, r.rep, manifest.ID(id))
	}
	if errors.Is(err, snapshot.ErrSnapshotNotFound) {
		return nil, fail.Wrap(err, fail.NotFound, "vault.fail.no_snapshot")
	}
	if err == nil && (man.RootEntry == nil || man.RootEntry.Type != snapshot.EntryTypeDirectory) {
		return nil, fail.Work(nil, fail.ClassDamaged, "vault.fail.damaged")
	}
	return man, failure(err)
}

// List returns up to limit entries of a folder, by name, behind after, and
// whether there are more.
func (r *Repository) List(ctx context.Context, id, dir, after string, limit int) ([]Entry, bool, error) {
	at, err := r.Stat(ctx, id, dir)
	if err != nil {
		return nil, false, err
	}
	if !at.Dir {
		return nil, false, fail.New(fail.NotFound, "vault.fail.no_entry")
	}
	list, err := entries(ctx, r.rep, at.raw.ObjectID)
	if err != nil {
		return nil, false, damagedAt(err, at.Path)
	}
	var out []Entry
	for _, e := range list {
		if after != "" && e.Name <= after {
			continue
		}
		if len(out) == limit {
			return out, true, nil
		}
		out = append(out, entryOf(at.Path, e))
	}
	return out, false, nil
}

// Walk calls fn for everything below dir, each folder before what it holds, in
// the order of names. An error of fn ends the walk; fs.SkipDir skips a folder.
func (r *Repository) Walk(ctx context.Context, id, dir string, fn func(Entry) error) error {
	at, err := r.Stat(ctx, id, dir)
	if err != nil {
		return err
	}
	return r.walk(ctx, at, fn, func(_ Entry, err error) error { return err })
}

// WalkReadable is Walk that tells lost of each folder that the vault can't open
// any more, and goes on behind it.
func (r *Repository) WalkReadable(ctx context.Context, id, dir string, fn, lost func(Entry) error) error {
	at, err := r.Stat(ctx, id, dir)
	if err != nil {
		return err
	}
	return r.walk(ctx, at, fn, func(e Entry, err error) error {
		if fail.ClassOf(err) == fail.ClassDamaged {
			return lost(e)
		}
		return err
	})
}

func (r *Repository) walk(ctx context.Context, dir Entry, fn func(Entry) error, broken func(Entry, error) error) error {
	list, err := entries(ctx, r.rep, dir.raw.ObjectID)
	if err != nil {
		return broken(dir, damagedAt(err, dir.Path))
	}
	for _, raw := range list {
		e := entryOf(dir.Path, raw)
		if err := r.readlink(ctx, &e); err != nil {
			if err = broken(e, err); err != nil {
				return err
			}
			continue
		}
		err := fn(e)
		if err == nil && e.Dir {
			err = r.walk(ctx, e, fn, broken)
		}
		if err != nil && (!e.Dir || !errors.Is(err, fs.SkipDir)) {
			return err
		}
	}
	return nil
}

const longestLink = 64 << 10

func (r *Repository) readlink(ctx context.Context, e *Entry) error {
	if e.Mode&fs.ModeSymlink == 0 {
		return nil
	}
	o, err := r.rep.OpenObject(ctx, e.raw.ObjectID)
	if err != nil {
		return damagedAt(err, e.Path)
	}
	defer o.Close()
	target, err := io.ReadAll(io.LimitReader(o, longestLink))
	if err != nil {
		return damagedAt(err, e.Path)
	}
	e.Link = string(target)
	return nil
}

// OpenFile opens one file of a snapshot for reading at any place. Damage shows
// when it is read. The caller closes.
func (r *Repository) OpenFile(ctx context.Context, id, name string) (io.ReadSeekCloser, Entry, error) {
	e, err := r.Stat(ctx, id, name)
	if err != nil {
		return nil, Entry{}, err
	}
	if !e.Mode.IsRegular() {
		return nil, Entry{}, fail.New(fail.NotFound, "vault.fail.no_entry")
	}
	f, err := r.open(ctx, e)
	return f, e, err
}

func (r *Repository) open(ctx context.Context, e Entry) (io.ReadSeekCloser, error) {
	o, err := r.rep.OpenObject(ctx, e.raw.ObjectID)
	if err != nil {
		return nil, damagedAt(err, e.Path)
	}
	return file{o, e.Path}, nil
}

// file names its path in what goes wrong while it is read.
type file struct {
	io.ReadSeekCloser
	path string
}

func (f file) Read(p []byte) (int, error) {
	n, err := f.ReadSeekCloser.Read(p)
	if err != nil && err != io.EOF {
		err = damagedAt(err, f.path)
	}
	return n, err
}

func damagedAt(err error, name string) error {
	if isDamage(err) {
		return fail.Work(err, fail.ClassDamaged, "vault.fail.damaged_file", "path", name)
	}
	return failure(err)
}
