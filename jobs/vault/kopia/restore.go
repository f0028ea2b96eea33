package kopia

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/kopia/kopia/repo/object"

	"levqor/jobs/fail"
	"levqor/jobs/lease"
)

// RestoreOptions narrow a restore.
type RestoreOptions struct {
	Paths     []string // files and folders of the snapshot; none is everything
	Overwrite bool     // replace files and links in the way; else they are a Conflict
	Owners    bool     // restore user, group and set-id bits too, for which root is needed
	// Lost is told of each file, link and folder that the vault can't give back, by
	// several at a time, and the rest is restored. Without it that is a failure (damaged).
	Lost func(Entry)
}

// Restored counts what a restore wrote.
type Restored struct {
	Bytes int64
	Files int64
	Links int64
	Lost  int64 // files left out
}

const writers = 6 // files written side by side

// RestoreTo writes a snapshot below dir, which is made if need be, each path at
// its place from the snapshot's root. Nothing leaves dir, whatever the vault
// says: names are single parts, every folder is opened without following links,
// and links, restored word for word, come after all files. A count or size that
// differs from the snapshot's is a failure (damaged).
func (r *Repository) RestoreTo(ctx context.Context, id, dir string, opt RestoreOptions, m *Meter) (Restored, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := &restoring{r: r, opt: opt, meter: orNew(m), cancel: cancel, slots: make(chan struct{}, writers-1)}
	chosen, err := t.chosen(ctx, id, opt.Paths)
	if err != nil {
		return Restored{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Restored{}, writing(err, dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Restored{}, writing(err, dir)
	}
	defer root.Close()
	for _, e := range chosen {
		t.root(ctx, root, e)
	}
	if ctx.Err() != nil {
		return t.done(), context.Cause(ctx)
	}
	return t.done(), t.complete(chosen)
}

func (t *restoring) chosen(ctx context.Context, id string, paths []string) ([]Entry, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var out []Entry
	for _, p := range paths {
		e, err := t.r.Stat(ctx, id, p)
		if p != "." && t.loses(Entry{Path: p}, err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

type restoring struct {
	cancel context.CancelCauseFunc // on the first failure
	meter  *Meter
	opt    RestoreOptions
	r      *Repository
	slots  chan struct{}

	mu        sync.Mutex
	count     Restored
	lostBytes int64
}

func (t *restoring) done() Restored {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

func (t *restoring) counted(n Restored) {
	t.mu.Lock()
	t.count.Bytes += n.Bytes
	t.count.Files += n.Files
	t.count.Links += n.Links
	t.mu.Unlock()
	t.meter.files.Add(n.Files)
}

// complete compares with what the snapshot's own summaries promised.
func (t *restoring) complete(chosen []Entry) error {
	var want Restored
	for _, e := range chosen {
		switch {
		case e.Dir:
			want.Files += e.Files
			want.Bytes += e.Size
		case e.Mode.IsRegular():
			want.Files++
			want.Bytes += e.Size
		}
	}
	got := t.done()
	if got.Files+got.Lost != want.Files || got.Bytes+t.lostBytes != want.Bytes {
		return fail.Work(nil, fail.ClassDamaged, "vault.fail.incomplete", "files", got.Files, "expected", want.Files)
	}
	if got.Lost > 0 && got.Files == 0 {
		return fail.Work(nil, fail.ClassDamaged, "vault.fail.damaged")
	}
	return nil
}

// root restores one chosen entry, with the folders above it.
func (t *restoring) root(ctx context.Context, at *os.Root, e Entry) {
	if e.Path == "." {
		t.fill(ctx, at, e)
		return
	}
	above := path.Dir(e.Path)
	if above == "." {
		t.entries(ctx, at, []Entry{e})
		return
	}
	opened := []*os.Root{}
	defer func() {
		for _, o := range opened {
			o.Close()
		}
	}()
	for part := range strings.SplitSeq(above, "/") {
		next, err := enter(at, diskName(part))
		if err != nil {
			t.cancel(writing(err, above))
			return
		}
		at = next
		opened = append(opened, next)
	}
	t.entries(ctx, at, []Entry{e})
}

func (t *restoring) fill(ctx context.Context, at *os.Root, dir Entry) {
	list, err := entries(ctx, t.r.rep, dir.raw.ObjectID)
	if err != nil {
		err = damagedAt(err, dir.Path)
		if dir.Path == "." || !t.loses(dir, err) {
			t.cancel(err)
		}
		return
	}
	below := make([]Entry, 0, len(list))
	for _, raw := range list {
		below = append(below, entryOf(dir.Path, raw))
	}
	t.entries(ctx, at, below)
}

// entries restores what is in one folder; its links last, so that nothing is
// ever written through one.
func (t *restoring) entries(ctx context.Context, at *os.Root, list []Entry) {
	var links []Entry
	var wg sync.WaitGroup
	for _, e := range list {
		if ctx.Err() != nil {
			break
		}
		if name := diskName(e.Name); !single(name) {
			t.cancel(fail.Work(nil, fail.ClassDamaged, "vault.fail.hostile_name", "path", e.Path))
			break
		}
		if e.Mode&fs.ModeSymlink != 0 {
			links = append(links, e)
			continue
		}
		t.share(&wg, func() {
			if err := t.entry(ctx, at, e); err != nil {
				t.cancel(err)
			}
		})
	}
	wg.Wait()
	for _, e := range links {
		if ctx.Err() != nil {
			return
		}
		if err := t.link(ctx, at, e); err != nil && !t.loses(e, err) {
			t.cancel(err)
		}
	}
}

func (t *restoring) share(wg *sync.WaitGroup, work func()) {
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

func (t *restoring) entry(ctx context.Context, at *os.Root, e Entry) error {
	if err := lease.Held(ctx); err != nil {
		return err
	}
	if !e.Dir {
		err := t.file(ctx, at, e)
		if t.loses(e, err) {
			return nil
		}
		return err
	}
	name := diskName(e.Name)
	sub, err := enter(at, name)
	if err != nil {
		return writing(err, e.Path)
	}
	defer sub.Close()
	t.fill(ctx, sub, e)
	if ctx.Err() != nil {
		return nil
	}
	return t.finish(at, name, e)
}

func (t *restoring) file(ctx context.Context, at *os.Root, e Entry) error {
	t.meter.current.Store(&e.Path)
	name := diskName(e.Name)
	parts, err := t.r.parts(ctx, e)
	if err == nil && t.opt.Overwrite && t.opt.Lost != nil {
		err = t.r.readable(ctx, parts, e.Path) // else what is there is better than nothing
	}
	if err != nil {
		return err
	}
	if t.opt.Overwrite {
		if err := at.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return writing(err, e.Path)
		}
	}
	to, err := at.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return writing(err, e.Path)
	}
	err = t.parts(ctx, to, parts, e.Path)
	if err == nil {
		err = grown(to, e.Size) // what it ends with may be a hole
	}
	if closed := to.Close(); err == nil && closed != nil {
		err = writing(closed, e.Path)
	}
	if err != nil {
		if t.opt.Lost != nil {
			_ = at.Remove(name) // half a file
		}
		return err
	}
	t.counted(Restored{Files: 1, Bytes: e.Size})
	return t.finish(at, name, e)
}

// parts writes a file's stretches, side by side where there are many.
func (t *restoring) parts(ctx context.Context, to *os.File, parts []object.IndirectObjectEntry, name string) error {
	if len(parts) == 1 {
		return t.part(ctx, to, parts[0], name)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, p := range parts {
		t.share(&wg, func() {
			if err := t.part(ctx, to, p, name); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (t *restoring) part(ctx context.Context, to *os.File, p object.IndirectObjectEntry, name string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	data, err := t.r.part(ctx, p, name)
	if err != nil {
		return err
	}
	if err := writeSparse(to, data, p.Start); err != nil {
		return writing(err, name)
	}
	t.meter.read.Add(int64(len(data)))
	return nil
}
