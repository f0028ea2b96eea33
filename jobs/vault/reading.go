package vault

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/vault/kopia"
)

const (
	keptOpen    = time.Minute // after the last reader
	mostOpen    = 16          // beyond these none is kept
	slowestOpen = 30 * time.Second
)

// readers are the vaults that this process has open to read. Opening one costs a
// tenth of a second of work and 64 MB, by design of its key: too much for each
// page of a browser.
type readers struct {
	mu   sync.Mutex
	open map[readKey]*reader
}

// readKey changes with the vault's location and credentials.
type readKey struct {
	id       uuid.UUID
	revision int
}

type reader struct {
	ready chan struct{} // closed once repo or err is set
	repo  *kopia.Repository
	err   error
	users int
	idle  *time.Timer
}

// Reading lends a vault of the workspace that is open to read, which others may
// read at the same time; release gives it back. Failures are those of Open.
func (v *Vaults) Reading(ctx context.Context, workspace, id uuid.UUID) (repo *kopia.Repository, release func(), err error) {
	r, err := v.row(ctx, workspace, id)
	if err != nil {
		return nil, nil, err
	}
	key := readKey{id, r.Revision}
	lent, first := v.readers.enter(key)
	if first {
		// Whoever asked first may leave early; the others still wait for it.
		opening, done := context.WithTimeout(context.WithoutCancel(ctx), slowestOpen)
		lent.repo, lent.err = v.open(opening, r, kopia.Options{CacheDir: v.cacheDir(id), ReadOnly: true})
		done()
		close(lent.ready)
	}
	release = sync.OnceFunc(func() { v.readers.leave(key, lent) })
	select {
	case <-lent.ready:
		err = lent.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return lent.repo, release, nil
}

// enter joins the readers of a vault; the first one has to open it.
func (o *readers) enter(key readKey) (lent *reader, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if lent = o.open[key]; lent == nil {
		lent, first = &reader{ready: make(chan struct{})}, true
		if o.open == nil {
			o.open = map[readKey]*reader{}
		}
		o.open[key] = lent
	}
	lent.users++
	if lent.idle != nil {
		lent.idle.Stop()
		lent.idle = nil
	}
	return lent, first
}

// leave keeps the vault open for a while after its last reader. One that could not
// be opened is forgotten at once, so that the next reader tries anew.
func (o *readers) leave(key readKey, lent *reader) {
	o.mu.Lock()
	defer o.mu.Unlock()
	lent.users--
	if lent.users > 0 {
		return
	}
	if lent.err != nil || len(o.open) > mostOpen {
		o.drop(key, lent)
		return
	}
	lent.idle = time.AfterFunc(keptOpen, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if lent.users == 0 {
			o.drop(key, lent)
		}
	})
}

func (o *readers) drop(key readKey, lent *reader) {
	if o.open[key] == lent {
		delete(o.open, key)
	}
	if lent.repo != nil {
		repo := lent.repo
		lent.repo = nil
		// The last reader's time is over, and the web lends a request's context to the
		// next request: none of theirs may be asked any more.
		go func() { _ = repo.Close(context.Background()) }()
	}
}
