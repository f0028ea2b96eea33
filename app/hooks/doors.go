package hooks

import (
	"context"
	"maps"
	"sync"
	"time"

	"levqor/jobs/fail"
	"levqor/jobs/workflow"
)

// What one address may take in a window, in this process; and for how long what
// is known of an address counts as known.
const (
	most    = 20_000
	window  = 10 * time.Second
	knownIn = time.Second
	mostIn  = 10_000 // addresses remembered
)

// doors remembers the workflows behind addresses for a moment, so that a busy one
// costs no query a call, and counts who knocks.
type doors struct {
	find func(ctx context.Context, token string) (workflow.Hook, error)

	mu    sync.Mutex
	known map[string]*known
}

type known struct {
	hook  workflow.Hook
	err   error
	until time.Time
	began time.Time
	calls int
}

func newDoors(find func(ctx context.Context, token string) (workflow.Hook, error)) *doors {
	return &doors{find: find, known: map[string]*known{}}
}

// at is the door with that address. TooMany for one that is knocked at too often;
// retry says when to come again.
func (d *doors) at(ctx context.Context, token string, now time.Time) (hook workflow.Hook, retry time.Duration, err error) {
	d.mu.Lock()
	k := d.known[token]
	if k != nil && now.Before(k.until) {
		defer d.mu.Unlock()
		retry, err := k.knock(now)
		return k.hook, retry, err
	}
	d.mu.Unlock()
	hook, err = d.find(ctx, token)
	if err != nil && !fail.Is(err, fail.NotFound) {
		return hook, 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	fresh := &known{hook: hook, err: err, until: now.Add(knownIn), began: now}
	if k = d.known[token]; k != nil { // others may have counted meanwhile
		fresh.began, fresh.calls = k.began, k.calls
	} else {
		d.makeRoom(now)
	}
	d.known[token] = fresh
	retry, err = fresh.knock(now)
	return fresh.hook, retry, err
}

// makeRoom forgets addresses that do not count: those of nobody, and those that
// were quiet for a window.
func (d *doors) makeRoom(now time.Time) {
	if len(d.known) < mostIn {
		return
	}
	maps.DeleteFunc(d.known, func(_ string, k *known) bool { return k.err != nil || now.Sub(k.began) >= window })
	if len(d.known) >= mostIn {
		clear(d.known)
	}
}

func (k *known) knock(now time.Time) (retry time.Duration, err error) {
	if now.Sub(k.began) >= window {
		k.began, k.calls = now, 0
	}
	if k.calls++; k.calls > most {
		return k.began.Add(window).Sub(now), fail.New(fail.TooMany, "fail.too_many")
	}
	return 0, k.err
}
