package kopia

import (
	"context"
	"sync"

	"levqor/jobs/fail"
)

// mostNamed bounds the paths that an Inspection names.
const mostNamed = 200

// Inspection says what of a snapshot can be read.
type Inspection struct {
	Files      int64    // all of them
	Unreadable int64    // those that are missing or altered in part or in whole
	Paths      []string // of files, and of folders that can't be opened, the first of them
	Gone       bool     // the vault does not know the snapshot, or can't open its top
	Damage     []Damage
}

// Whole reports whether all of the snapshot was read and is what was written.
func (i Inspection) Whole() bool { return !i.Gone && len(i.Damage) == 0 }

// Inspect reads all of some snapshots, what they share once. Open the vault
// without CacheDir for it. An error says that it could not be found out.
func (r *Repository) Inspect(ctx context.Context, ids []string, m *Meter) (map[string]Inspection, error) {
	blobs, err := r.blobs(ctx)
	if err != nil {
		return nil, err
	}
	found, whole := map[string]Inspection{}, &sync.Map{}
	for _, id := range ids {
		root, err := r.Stat(ctx, id, ".")
		if fail.Is(err, fail.NotFound) || fail.ClassOf(err) == fail.ClassDamaged {
			found[id] = Inspection{Gone: true}
			continue
		}
		if err != nil {
			return nil, err
		}
		v := &verifying{blobs: blobs, meter: orNew(m), percent: 100, r: r, whole: whole}
		damage, err := v.below(ctx, root)
		if err != nil {
			return nil, err
		}
		found[id] = inspected(root, damage)
	}
	return found, nil
}

func inspected(root Entry, damage []Damage) Inspection {
	i := Inspection{Files: root.Files, Damage: damage}
	for _, d := range damage {
		i.Unreadable += d.files
		if len(i.Paths) < mostNamed {
			i.Paths = append(i.Paths, d.Path)
		}
	}
	i.Unreadable = min(i.Unreadable, i.Files)
	return i
}
