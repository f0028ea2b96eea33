// Package gather turns many small writes into few: what arrives while one batch
// is being written goes with the next. An idle gatherer adds no delay.
package gather

import (
	"context"
	"sync"
)

// Gatherer runs do on batches of what Add is given. The zero value is not usable.
type Gatherer[T, R any] struct {
	do   func(ctx context.Context, batch []T) ([]R, error)
	most int

	mu      sync.Mutex
	waiting []*item[T, R]
	busy    bool
}

type item[T, R any] struct {
	ctx  context.Context
	in   T
	out  R
	err  error
	done chan struct{}
}

// New makes a gatherer of batches of up to most. do returns a result for each of
// its batch, in order, or an error; after an error each is tried by itself, so
// that one bad item fails alone.
func New[T, R any](most int, do func(ctx context.Context, batch []T) ([]R, error)) *Gatherer[T, R] {
	return &Gatherer[T, R]{do: do, most: most}
}

// Add waits for its item's result. When ctx ends first, the item may still be
// written: callers need writes that can be repeated.
func (g *Gatherer[T, R]) Add(ctx context.Context, in T) (R, error) {
	it := &item[T, R]{ctx: context.WithoutCancel(ctx), in: in, done: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, it)
	if !g.busy {
		g.busy = true
		go g.drain()
	}
	g.mu.Unlock()
	select {
	case <-it.done:
		return it.out, it.err
	case <-ctx.Done():
		var none R
		return none, ctx.Err()
	}
}

func (g *Gatherer[T, R]) drain() {
	for {
		g.mu.Lock()
		batch := g.waiting[:min(g.most, len(g.waiting))]
		g.waiting = g.waiting[len(batch):]
		if len(batch) == 0 {
			g.busy, g.waiting = false, nil
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		g.write(batch)
	}
}

func (g *Gatherer[T, R]) write(batch []*item[T, R]) {
	err := g.try(batch)
	if err != nil && len(batch) > 1 {
		for _, it := range batch {
			it.err = g.try([]*item[T, R]{it})
		}
	} else {
		for _, it := range batch {
			it.err = err
		}
	}
	for _, it := range batch {
		close(it.done)
	}
}

func (g *Gatherer[T, R]) try(batch []*item[T, R]) error {
	ins := make([]T, len(batch))
	for i, it := range batch {
		ins[i] = it.in
	}
	outs, err := g.do(batch[0].ctx, ins)
	if err != nil {
		return err
	}
	for i, it := range batch {
		it.out = outs[i]
	}
	return nil
}
