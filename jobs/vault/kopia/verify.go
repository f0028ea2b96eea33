package kopia

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sort"
	"sync"

	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/content"
	"github.com/kopia/kopia/repo/object"
	"golang.org/x/sync/errgroup"
)

// Damage is something the vault can't give back.
type Damage struct {
	Path    string // the file or folder, when a snapshot was verified
	Blob    string // the blob that is missing or altered, when known
	Missing bool   // not there at all
	Detail  string // for the log

	files int64 // how many of them it hits
}

const verifiers = 4

// VerifySnapshot checks that everything a snapshot needs is there, and reads
// percent (0–100) of its files in full, which alone shows bit rot. Open the
// vault without CacheDir for it. The error says that the check could not be
// made; damage is a result.
func (r *Repository) VerifySnapshot(ctx context.Context, id string, percent float64, m *Meter) ([]Damage, error) {
	root, err := r.Stat(ctx, id, ".")
	if err != nil {
		return nil, err
	}
	blobs, err := r.blobs(ctx)
	if err != nil {
		return nil, err
	}
	return (&verifying{blobs: blobs, meter: orNew(m), percent: percent, r: r, whole: &sync.Map{}}).below(ctx, root)
}

// below checks a snapshot from its root on.
func (v *verifying) below(ctx context.Context, root Entry) ([]Damage, error) {
	v.group, ctx = errgroup.WithContext(ctx)
	v.group.SetLimit(verifiers)
	err := v.folder(ctx, root)
	if waited := v.group.Wait(); err == nil {
		err = waited
	}
	sort.Slice(v.found, func(i, j int) bool { return v.found[i].Path < v.found[j].Path })
	return v.found, failure(err)
}

type verifying struct {
	blobs   map[blob.ID]int64 // length of each
	group   *errgroup.Group
	meter   *Meter
	percent float64
	r       *Repository
	whole   *sync.Map // contents that were read and are what they should be

	mu    sync.Mutex
	found []Damage
}

func (v *verifying) report(e Entry, d Damage) {
	d.Path, d.files = e.Path, 1
	if e.Dir {
		d.files = e.Files
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.found = append(v.found, d)
}

// folder walks; an error is one that says nothing about the vault's data.
func (v *verifying) folder(ctx context.Context, dir Entry) error {
	if err := v.object(ctx, dir, false); err != nil {
		return err
	}
	list, err := entries(ctx, v.r.rep, dir.raw.ObjectID)
	if err != nil {
		return damaged(err, func() {}) // reported by object
	}
	for _, raw := range list {
		e := entryOf(dir.Path, raw)
		if e.Dir {
			if err := v.folder(ctx, e); err != nil {
				return err
			}
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v.group.Go(func() error { return v.object(ctx, e, true) })
	}
	return nil
}

// object checks every content behind an entry, naming the blob of a bad one.
func (v *verifying) object(ctx context.Context, e Entry, countIt bool) error {
	v.meter.current.Store(&e.Path)
	ids, err := v.r.rep.VerifyObject(ctx, e.raw.ObjectID)
	if err != nil {
		return damaged(err, func() { v.report(e, v.r.locate(ctx, e, err)) })
	}
	read := e.Dir || 100*rand.Float64() < v.percent
	for _, id := range ids {
		info, err := v.r.rep.ContentInfo(ctx, id)
		if err != nil {
			return damaged(err, func() { v.report(e, Damage{Detail: err.Error()}) })
		}
		if d := v.absent(info); d != nil {
			v.report(e, *d)
			return nil
		}
		if _, known := v.whole.Load(id); !read || known {
			continue
		}
		if _, err := v.r.rep.ContentReader().GetContent(ctx, id); err != nil {
			return damaged(err, func() {
				v.report(e, Damage{Blob: string(info.PackBlobID), Detail: err.Error()})
			})
		}
		v.whole.Store(id, nil)
		v.meter.read.Add(int64(info.OriginalLength))
	}
	if countIt {
		v.meter.files.Add(1)
	}
	return nil
}

func (v *verifying) absent(info content.Info) *Damage {
	length, there := v.blobs[info.PackBlobID]
	switch {
	case !there:
		return &Damage{Blob: string(info.PackBlobID), Missing: true, Detail: "no such blob"}
	case int64(info.PackOffset)+int64(info.PackedLength) > length:
		return &Damage{Blob: string(info.PackBlobID), Detail: fmt.Sprintf("cut off at %d bytes", length)}
	}
	return nil
}

// locate names the blob of an object whose own index could not be read.
func (r *Repository) locate(ctx context.Context, e Entry, cause error) Damage {
	d := Damage{Path: e.Path, Detail: cause.Error()}
	for id := e.raw.ObjectID; ; {
		if inner, ok := id.IndexObjectID(); ok {
			id = inner
			continue
		}
		return r.locateContent(ctx, id, d)
	}
}

func (r *Repository) locateContent(ctx context.Context, id object.ID, d Damage) Damage {
	cid, _, ok := id.ContentID()
	if !ok {
		return d
	}
	if info, err := r.rep.ContentInfo(ctx, cid); err == nil {
		d.Blob = string(info.PackBlobID)
	}
	return d
}

// damaged calls report when err tells of the vault's data, and passes on others.
func damaged(err error, report func()) error {
	if !isDamage(err) {
		return err
	}
	report()
	return nil
}

func (r *Repository) blobs(ctx context.Context) (map[blob.ID]int64, error) {
	all := map[blob.ID]int64{}
	err := r.store.ListBlobs(ctx, "", func(b blob.Metadata) error {
		all[b.BlobID] = b.Length
		return nil
	})
	return all, failure(err)
}
