package source

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"levqor/jobs/fail"
	"levqor/jobs/lease"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/tree"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

// uploads is how many objects are written side by side.
const uploads = 4

// upload is one restore into a bucket.
type upload struct {
	from   Stored
	bucket *bucket.Bucket
	files  atomic.Int64
	lost   atomic.Int64 // files that the vault can't give back
	bytes  atomic.Int64
	lines  map[string]tree.File // what objects had, by path

	mu      sync.Mutex
	current string
	written []string
	left    tree.Leftovers
}

// toBucket restores below the prefix of a bucket. A failure where nothing was before
// removes what was written; what it can't remove, or what it has replaced, is counted.
func (e files) toBucket(ctx context.Context, from Stored, to Target, p *Meter) (Restored, error) {
	b, err := e.open(*to.Bucket)
	if err != nil {
		return Restored{}, err
	}
	defer b.Close()
	if !to.Live && !to.Resumed {
		if err := begin(ctx, b, to); err != nil {
			return Restored{}, err
		}
	}
	u := &upload{from: from, bucket: b}
	if err := u.read(ctx, to.Paths); err != nil {
		return Restored{}, err
	}
	p.follow(func() task.Progress { return u.progress(from.Truth, to.Paths) })
	if err := u.run(ctx, to.Paths); err != nil {
		if !to.Live {
			u.undo(ctx, to)
		}
		return Restored{Place: to.Bucket.Place(), Files: u.files.Load()}, err
	}
	return Restored{Place: to.Bucket.Place(), Files: u.files.Load(), Lost: u.lost.Load(), Bytes: u.bytes.Load(), Notes: notesOf(u.left.Left())}, nil
}

// read loads what the objects had beside their bytes, and notes what no bucket holds.
func (u *upload) read(ctx context.Context, paths []string) error {
	u.lines = map[string]tree.File{}
	list, err := u.from.open(ctx, tree.ListName)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	if err != nil {
		return u.withoutList(err)
	}
	defer list.Close()
	_, err = tree.Read(list, func(f tree.File) error {
		if len(paths) > 0 && !chosen(f.Path, paths) {
			return nil
		}
		if f.Special != nil {
			u.left.Leave(tree.NoteSpecial, f.Path)
		}
		if f.Content != "" || f.Object != nil {
			u.lines[f.Path] = tree.File{Content: f.Content, Object: f.Object}
		}
		return nil
	})
	return u.withoutList(err)
}

// withoutList goes on where the copy's list itself can't be read.
func (u *upload) withoutList(err error) error {
	if !u.from.loses(err) {
		return err
	}
	u.left.Leave(noteUnreadableList, tree.ListName)
	return nil
}

// lose notes what the vault can't give back.
func (u *upload) lose(e kopia.Entry) error {
	switch {
	case e.Path == tree.ListName:
		return nil // it was told when it was read
	case e.Dir:
		u.lost.Add(e.Files)
	case e.Mode.IsRegular():
		u.lost.Add(1)
	}
	leave(&u.left, e)
	return nil
}

// begin makes sure that nothing is there, and that a later attempt knows so.
func begin(ctx context.Context, b *bucket.Bucket, to Target) error {
	held, _, err := b.First(ctx, 1)
	switch {
	case err != nil:
		return err
	case len(held) > 0:
		return fail.Work(nil, fail.ClassConfig, "source.fail.target_not_empty", "path", to.Bucket.Place())
	case to.Begin != nil:
		return to.Begin(ctx)
	}
	return nil
}

func (u *upload) progress(truth Truth, paths []string) task.Progress {
	u.mu.Lock()
	defer u.mu.Unlock()
	p := task.Progress{Current: u.current, BytesDone: u.bytes.Load(), ItemsDone: u.files.Load()}
	if len(paths) == 0 {
		p.BytesTotal, p.ItemsTotal = truth.Bytes, truth.Files
	}
	return p
}

func (u *upload) run(ctx context.Context, paths []string) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(uploads)
	each := func(e kopia.Entry) error {
		switch {
		case e.Path == tree.ListName, e.Dir:
		case e.Mode&fs.ModeSymlink != 0:
			u.left.Leave(tree.NoteLinks, e.Path)
		default:
			group.Go(func() error { return u.put(inner, e) })
		}
		return inner.Err()
	}
	walked := u.walk(inner, paths, each)
	if err := group.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if walked == nil && u.lost.Load() > 0 && u.files.Load() == 0 {
		return fail.Work(nil, fail.ClassDamaged, "vault.fail.damaged")
	}
	return walked
}

func (u *upload) walk(ctx context.Context, paths []string, each func(kopia.Entry) error) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, path := range paths {
		e, err := u.from.Repo.Stat(ctx, u.from.Manifest, path)
		switch {
		case path != "." && u.from.loses(err):
			err = u.lose(kopia.Entry{Path: path})
		case err == nil && !e.Dir:
			err = each(e)
		case err == nil && u.from.Partial:
			err = u.from.Repo.WalkReadable(ctx, u.from.Manifest, path, each, u.lose)
		case err == nil:
			err = u.from.Repo.Walk(ctx, u.from.Manifest, path, each)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keyOf is the object that a file of the copy becomes.
func (u *upload) keyOf(e kopia.Entry) string {
	if u.from.Truth.Kind == S3 {
		return kopia.KeyOf(e.Path)
	}
	return e.Path
}

func (u *upload) put(ctx context.Context, e kopia.Entry) error {
	if err := lease.Held(ctx); err != nil {
		return err
	}
	if u.from.Partial { // before anything in the bucket is replaced
		if err := u.from.Repo.Readable(ctx, e); u.from.loses(err) {
			return u.lose(e)
		}
	}
	key := u.keyOf(e)
	u.mu.Lock()
	u.current = key
	u.written = append(u.written, key)
	u.mu.Unlock()
	stored := storedAs(u.lines[e.Path])
	err := u.send(ctx, key, e, stored)
	if stored.Class != "" && bucket.RefusedClass(err) {
		stored.Class = ""
		u.left.Leave(tree.NoteClass, key)
		err = u.send(ctx, key, e, stored)
	}
	if err != nil {
		return err
	}
	u.files.Add(1)
	u.bytes.Add(e.Size)
	return nil
}

func (u *upload) send(ctx context.Context, key string, e kopia.Entry, s bucket.Stored) error {
	file, _, err := u.from.Repo.OpenFile(ctx, u.from.Manifest, e.Path)
	if err != nil {
		return err
	}
	return errors.Join(u.bucket.Put(ctx, key, file, e.Size, s), file.Close())
}

func storedAs(f tree.File) bucket.Stored {
	s := bucket.Stored{ContentType: f.Content}
	if o := f.Object; o != nil {
		s.Headers, s.Meta, s.Tags, s.Class = o.Headers, o.Meta, o.Tags, o.Class
	}
	return s
}

// undo removes what this attempt wrote, and where it went on from another one, all
// that the copy holds: nothing else was there. files counts what stays.
func (u *upload) undo(ctx context.Context, to Target) {
	if to.Held != nil && to.Held(ctx) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if to.Resumed {
		u.written = nil
		err := u.walk(ctx, to.Paths, func(e kopia.Entry) error {
			if !e.Dir && e.Path != tree.ListName {
				u.written = append(u.written, u.keyOf(e))
			}
			return nil
		})
		if err != nil {
			return
		}
	}
	for i, key := range u.written {
		if u.bucket.Delete(ctx, key) != nil { // the bucket does not answer: the failure itself is told
			u.files.Store(int64(len(u.written) - i))
			return
		}
	}
	u.files.Store(0)
}
