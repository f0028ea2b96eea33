package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The tree is made of what every machine that builds Levqor has.
const (
	treeFiles = 53_000
	treeBytes = 1_270_000_000
)

// trees compares the programs on a real tree.
func (b *bench) trees(ctx context.Context, r *report) error {
	dir := b.path("tree")
	defer os.RemoveAll(dir)
	g, err := b.gather(ctx, dir)
	if err != nil {
		return err
	}
	b.say("tree: %d files, %d MB", len(g.files), g.bytes/1e6)
	r.tree = &contest{
		b:        b,
		name:     "tree",
		of:       aTree,
		programs: []program{levqor{b.self}, stockKopia{b.stock, dir}, restic{}, borg{}},
		begin:    func(context.Context, int) error { return nil },
		change:   func(_ context.Context, round int) error { return g.alter(round) },
		store:    func(p program, home, tag string) command { return p.tree(home, tag, dir) },
		same:     func(into string) error { return sameTree(dir, into) },
	}
	r.treeFiles, r.treeBytes = len(g.files), g.bytes
	return r.tree.run(ctx)
}

// gathered is the tree as it was copied together.
type gathered struct {
	bytes int64 // of files
	every int   // file is taken
	files []string
	seen  int
}

var errEnough = errors.New("enough")

// gather copies Go's own sources, its modules and then this machine's shared
// files, by name, until there are enough.
func (b *bench) gather(ctx context.Context, dir string) (*gathered, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	g := &gathered{every: treeFiles / b.scaled(treeFiles)}
	for n, from := range append(strings.Fields(string(out)), "/usr/share", "/usr/lib") {
		err := g.copyTree(ctx, from, filepath.Join(dir, fmt.Sprintf("%d-%s", n, filepath.Base(from))))
		if errors.Is(err, errEnough) {
			return g, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (g *gathered) copyTree(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return unlessGone(err)
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(name)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case d.Type().IsRegular():
			return g.copyFile(name, target, d)
		}
		return nil
	})
}

func (g *gathered) copyFile(from, to string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return unlessGone(err)
	}
	if g.seen >= treeFiles || g.bytes >= treeBytes/int64(g.every) {
		return errEnough
	}
	if g.seen++; g.seen%g.every != 0 {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return unlessGone(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm()|0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	g.files, g.bytes = append(g.files, to), g.bytes+n
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// alter writes to every hundredth file, to others each round, as people do: a
// line at its end, or in its middle.
func (g *gathered) alter(round int) error {
	now := time.Now()
	for i := round % 100; i < len(g.files); i += 100 {
		f, err := os.OpenFile(g.files[i], os.O_RDWR, 0)
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return errors.Join(err, f.Close())
		}
		at := info.Size()
		if i%200 < 100 {
			at /= 2
		}
		_, err = fmt.Fprintf(io.NewOffsetWriter(f, at), "changed in round %d, file %d\n", round, i)
		if err := errors.Join(err, f.Close(), os.Chtimes(g.files[i], now, now)); err != nil {
			return err
		}
	}
	return nil
}

// unlessGone forgives what others do to the machine meanwhile.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}
