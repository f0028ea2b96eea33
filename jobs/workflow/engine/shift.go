package engine

import (
	"context"
	"sync"
)

// shift counts the runs that this process advances. Once it ends, each is left at
// its next step, for another process to go on with.
type shift struct {
	mu     sync.Mutex
	busy   int
	ending chan struct{} // closed when nothing is advanced any more; nil: it does not end yet
}

func (s *shift) begin() (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.busy--; s.busy == 0 && s.ending != nil {
			close(s.ending)
			s.ending = nil
		}
	}
}

func (s *shift) ends() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending != nil
}

// Drain leaves runs at their next step, and returns when none is advanced here any
// more, or when ctx ends. For a process that takes no more jobs.
func (e *Engine) Drain(ctx context.Context) {
	e.shift.mu.Lock()
	if e.shift.busy == 0 {
		e.shift.mu.Unlock()
		return
	}
	if e.shift.ending == nil {
		e.shift.ending = make(chan struct{})
	}
	idle := e.shift.ending
	e.shift.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}
