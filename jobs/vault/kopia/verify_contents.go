package kopia

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/content"

	"levqor/jobs/fail"
)

// VerifyContents checks the vault as a whole, packs that no snapshot uses
// included: that every pack is there and as long as its index says, that the
// index each pack carries for disaster can be read, and that percent (0–100) of
// all contents match their hash. Damage is told once a blob. The 32 random bytes
// that kopia begins a pack with are no data, and no check covers them; a pack that
// nothing lies in any more, all of it written anew elsewhere, is not looked at.
func (r *Repository) VerifyContents(ctx context.Context, percent float64, m *Meter) ([]Damage, error) {
	return r.verifyContents(ctx, percent, nil, m)
}

// VerifyBlobs reads all that lies in some blobs, and says which are still damaged.
func (r *Repository) VerifyBlobs(ctx context.Context, ids []string, m *Meter) ([]Damage, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	only := map[blob.ID]bool{}
	for _, id := range ids {
		only[blob.ID(id)] = true
	}
	return r.verifyContents(ctx, 100, only, m)
}

func (r *Repository) verifyContents(ctx context.Context, percent float64, only map[blob.ID]bool, m *Meter) ([]Damage, error) {
	blobs, err := r.blobs(ctx)
	if err != nil {
		return nil, err
	}
	c := &checking{bad: map[string]Damage{}, meter: orNew(m), only: only, percent: percent, used: map[blob.ID]bool{}, v: &verifying{blobs: blobs, r: r}}
	err = r.rep.ContentReader().IterateContents(ctx, content.IterateOptions{Parallel: verifiers},
		func(info content.Info) error { return c.content(ctx, info) })
	if err != nil {
		return nil, failure(err)
	}
	if err := c.trailers(ctx); err != nil {
		return nil, failure(err)
	}
	found := make([]Damage, 0, len(c.bad))
	for _, d := range c.bad {
		found = append(found, d)
	}
	slices.SortFunc(found, func(a, b Damage) int { return cmp.Compare(a.Blob, b.Blob) })
	return found, nil
}

type checking struct {
	meter   *Meter
	only    map[blob.ID]bool // nil: all
	percent float64
	v       *verifying

	mu   sync.Mutex
	bad  map[string]Damage
	used map[blob.ID]bool // packs that something lies in
}

func (c *checking) uses(id blob.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used[id] = true
}

func (c *checking) report(d Damage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.bad[d.Blob]; !known {
		c.bad[d.Blob] = d
	}
}

func (c *checking) content(ctx context.Context, info content.Info) error {
	if c.only != nil && !c.only[info.PackBlobID] {
		return nil
	}
	c.uses(info.PackBlobID)
	if d := c.v.absent(info); d != nil {
		c.report(*d)
		return nil
	}
	if 100*rand.Float64() >= c.percent {
		return nil
	}
	if _, err := c.v.r.rep.ContentReader().GetContent(ctx, info.ContentID); err != nil {
		return damaged(err, func() { c.report(Damage{Blob: string(info.PackBlobID), Detail: err.Error()}) })
	}
	c.meter.read.Add(int64(info.OriginalLength))
	return nil
}

// trailers reads the index at the end of each pack, from which a vault without
// indexes can be rebuilt.
func (c *checking) trailers(ctx context.Context) error {
	return repo.DirectWriteSession(ctx, c.v.r.rep, repo.WriteSessionOptions{Purpose: "verify"},
		func(ctx context.Context, w repo.DirectRepositoryWriter) error {
			for id, length := range c.v.blobs {
				if !isPack(id) || !c.used[id] || 100*rand.Float64() >= c.percent {
					continue
				}
				c.meter.current.Store((*string)(&id))
				_, err := w.ContentManager().RecoverIndexFromPackBlob(ctx, id, length, false)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err != nil && fail.ClassOf(failure(err)) != fail.ClassTransient {
					c.report(Damage{Blob: string(id), Detail: err.Error()})
				} else if err != nil {
					return err
				}
			}
			return nil
		})
}

func isPack(id blob.ID) bool {
	return strings.HasPrefix(string(id), "p") || strings.HasPrefix(string(id), "q")
}
