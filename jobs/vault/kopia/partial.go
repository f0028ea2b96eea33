package kopia

import (
	"context"

	"github.com/kopia/kopia/repo/object"

	"levqor/jobs/fail"
)

// loses counts what the vault can't give back, where the rest is wanted all the same.
func (t *restoring) loses(e Entry, err error) bool {
	if t.opt.Lost == nil || fail.ClassOf(err) != fail.ClassDamaged {
		return false
	}
	t.mu.Lock()
	switch {
	case e.Dir:
		t.count.Lost += e.Files
		t.lostBytes += e.Size
	case e.raw != nil && e.Mode.IsRegular():
		t.count.Lost++
		t.lostBytes += e.Size
	}
	t.mu.Unlock()
	t.opt.Lost(e)
	return true
}

// readable reads a file's stretches and keeps none.
func (r *Repository) readable(ctx context.Context, parts []object.IndirectObjectEntry, name string) error {
	for _, p := range parts {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := r.part(ctx, p, name); err != nil {
			return err
		}
	}
	return nil
}

// Readable reads all of one file: a failure (damaged) says that the vault can't
// give it back whole.
func (r *Repository) Readable(ctx context.Context, e Entry) error {
	parts, err := r.parts(ctx, e)
	if err != nil {
		return err
	}
	return r.readable(ctx, parts, e.Path)
}
