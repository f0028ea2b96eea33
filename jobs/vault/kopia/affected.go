package kopia

import (
	"context"

	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/object"
	"github.com/kopia/kopia/snapshot"

	"levqor/jobs/fail"
)

// Affected is those of the snapshots that need one of the damaged blobs, or are
// not there at all. It follows what they are made of without reading their files.
func (r *Repository) Affected(ctx context.Context, damage []Damage, ids []string) ([]string, error) {
	a := &affecting{r: r, bad: map[blob.ID]bool{}, known: map[object.ID]bool{}}
	for _, d := range damage {
		a.bad[blob.ID(d.Blob)] = true
	}
	var hit []string
	for _, id := range ids {
		yes, err := a.snapshot(ctx, id)
		if err != nil {
			return hit, err
		}
		if yes {
			hit = append(hit, id)
		}
	}
	return hit, nil
}

type affecting struct {
	r     *Repository
	bad   map[blob.ID]bool
	known map[object.ID]bool // snapshots share most of what they are made of
}

func (a *affecting) snapshot(ctx context.Context, id string) (bool, error) {
	root, err := a.r.Stat(ctx, id, ".")
	switch {
	case fail.Is(err, fail.NotFound), fail.ClassOf(err) == fail.ClassDamaged:
		return true, nil
	case err != nil:
		return false, err
	}
	return a.entry(ctx, root.raw)
}

func (a *affecting) entry(ctx context.Context, e *snapshot.DirEntry) (hit bool, err error) {
	if hit, known := a.known[e.ObjectID]; known {
		return hit, nil
	}
	hit, err = a.object(ctx, e.ObjectID)
	if !hit && err == nil && e.Type == snapshot.EntryTypeDirectory {
		hit, err = a.folder(ctx, e.ObjectID)
	}
	if err == nil {
		a.known[e.ObjectID] = hit
	}
	return hit, err
}

func (a *affecting) folder(ctx context.Context, id object.ID) (hit bool, err error) {
	list, err := entries(ctx, a.r.rep, id)
	if err != nil {
		return isDamage(err), unlessDamage(err)
	}
	for _, e := range list {
		if hit, err = a.entry(ctx, e); hit || err != nil {
			return hit, err
		}
	}
	return false, ctx.Err()
}

// object looks where the contents of an object lie.
func (a *affecting) object(ctx context.Context, id object.ID) (bool, error) {
	contents, err := a.r.rep.VerifyObject(ctx, id)
	if err != nil {
		return isDamage(err), unlessDamage(err)
	}
	for _, c := range contents {
		info, err := a.r.rep.ContentInfo(ctx, c)
		if err != nil {
			return isDamage(err), unlessDamage(err)
		}
		if a.bad[info.PackBlobID] {
			return true, nil
		}
	}
	return false, nil
}

func unlessDamage(err error) error { return damaged(failure(err), func() {}) }
