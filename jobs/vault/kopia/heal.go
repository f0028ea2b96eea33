package kopia

import (
	"context"
	"errors"
	"sync"

	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/content"
	"github.com/kopia/kopia/repo/object"
	"github.com/kopia/kopia/snapshot"
)

// healing writes anew what the vault has in damaged blobs only. kopia stores no
// content twice that its index has, so a backup would rest on the damage for
// ever; each snapshot that needs the content is whole again after it.
type healing struct {
	bad     map[blob.ID]bool
	session repo.DirectRepositoryWriter
	mu      sync.Mutex
}

// newHealing is nil where nothing is known to be damaged.
func newHealing(session repo.DirectRepositoryWriter, damaged []string) *healing {
	if len(damaged) == 0 {
		return nil
	}
	h := &healing{bad: map[blob.ID]bool{}, session: session}
	for _, id := range damaged {
		h.bad[blob.ID(id)] = true
	}
	return h
}

// deepest bounds how many lists of lists an object is looked through.
const deepest = 4

// object writes an object, and once more where that only pointed at damage. Each
// content is forgotten only while its data is at hand.
func (h *healing) object(ctx context.Context, write func() (object.ID, error)) (object.ID, error) {
	id, err := write()
	if h == nil || err != nil {
		return id, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for range deepest {
		forgot, err := h.forget(ctx, id)
		if err != nil || !forgot {
			return id, err
		}
		if id, err = write(); err != nil {
			return id, err
		}
	}
	return id, nil
}

func (h *healing) forget(ctx context.Context, id object.ID) (forgot bool, err error) {
	for _, c := range h.contents(ctx, id) {
		info, err := h.session.ContentInfo(ctx, c)
		if errors.Is(err, content.ErrContentNotFound) || err == nil && !h.bad[info.PackBlobID] {
			continue
		}
		if err != nil {
			return forgot, err
		}
		if err := h.session.ContentManager().DeleteContent(ctx, c); err != nil {
			return forgot, err
		}
		forgot = true
	}
	return forgot, nil
}

// contents are those of an object, as far as its lists can be read, and those of
// the lists themselves.
func (h *healing) contents(ctx context.Context, id object.ID) []content.ID {
	all, err := h.session.VerifyObject(ctx, id)
	if err != nil {
		all = nil
	}
	for {
		inner, ok := id.IndexObjectID()
		if !ok {
			break
		}
		id = inner
	}
	if c, _, ok := id.ContentID(); ok {
		all = append(all, c)
	}
	return all
}

// rests reports whether an entry of an earlier snapshot needs a damaged blob, and
// so has to be read from the source again.
func (h *healing) rests(ctx context.Context, e *snapshot.DirEntry) bool {
	if h == nil {
		return false
	}
	contents, err := h.session.VerifyObject(ctx, e.ObjectID)
	if err != nil {
		return true
	}
	for _, c := range contents {
		if info, err := h.session.ContentInfo(ctx, c); err != nil || h.bad[info.PackBlobID] {
			return true
		}
	}
	return false
}
