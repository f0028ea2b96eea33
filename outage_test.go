package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"levqor/jobs/drill/drilltest"
)

// callers call the webhook again and again, each call until it is accepted.
type callers struct {
	to       *town
	stopped  atomic.Bool
	accepted atomic.Int64
	refused  atomic.Int64
	slowest  atomic.Int64 // of the refusals, in nanoseconds
	odd      sync.Map     // what was neither accepted nor 503
	busy     sync.WaitGroup
}

func (to *town) load(at int) *callers {
	c := &callers{to: to}
	for worker := range at {
		c.busy.Go(func() {
			for n := 0; !c.stopped.Load(); n++ {
				c.insist(fmt.Sprintf("%d-%d", worker, n))
			}
		})
	}
	return c
}

func (c *callers) insist(key string) {
	for {
		began := time.Now()
		status, err := c.to.call(key)
		switch {
		case err == nil && status == http.StatusAccepted:
			c.accepted.Add(1)
			time.Sleep(10 * time.Millisecond) // a caller, not a flood
			return
		case err == nil && status == http.StatusServiceUnavailable:
			c.refused.Add(1)
			for took := int64(time.Since(began)); ; {
				if was := c.slowest.Load(); took <= was || c.slowest.CompareAndSwap(was, took) {
					break
				}
			}
		default:
			c.odd.Store(fmt.Sprint(status, err), true)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (c *callers) stop() {
	c.stopped.Store(true)
	c.busy.Wait()
}

// TestOutages is R2 in short: the database crashes and restarts, is away, and its
// line is slow, reset and dead, under load. No accepted run is lost and no effect is
// recorded twice; meanwhile the web process says 503, then recovers by itself; no
// process ends.
func TestOutages(t *testing.T) {
	crashes, away := drilltest.Rounds(2, 5), time.Duration(drilltest.Rounds(3, 30))*time.Second
	to := newTown(t)
	processes := []*process{to.start("web"), to.start("worker"), to.start("worker")}
	comesBack := func(what string) {
		t.Helper()
		n := 0
		took := to.until(what+": the web process accepts calls again", time.Minute, func() bool {
			n++
			status, err := to.call(fmt.Sprintf("%s %d", what, n))
			return err == nil && status == http.StatusAccepted
		})
		if drilltest.Rounds(0, 1) == 1 && took > 5*time.Second { // a machine that does nothing else
			t.Errorf("%s: it took %s until a call was accepted", what, took)
		}
		t.Logf("%s: accepted after %s", what, took.Round(10*time.Millisecond))
		time.Sleep(time.Second) // of undisturbed work
	}
	comesBack("the start")
	load := to.load(6)
	for n := range crashes {
		to.crash()
		to.open()
		comesBack(fmt.Sprintf("crash %d", n+1))
	}
	to.crash()
	began := time.Now()
	to.until("503 while it is away", time.Minute, func() bool {
		status, _ := to.call("away")
		return status == http.StatusServiceUnavailable
	})
	time.Sleep(max(0, away-time.Since(began)))
	to.open()
	comesBack("away")
	for _, c := range []struct{ what, toxic string }{
		{"latency", `{"type": "latency", "stream": "downstream", "attributes": {"latency": 100, "jitter": 100}}`},
		{"resets", `{"type": "reset_peer", "stream": "downstream", "attributes": {"timeout": 200}}`},
		{"a dead line", `{"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`},
	} {
		end := to.toxic(c.toxic)
		time.Sleep(2 * time.Second)
		end()
		comesBack(c.what)
	}
	load.stop()
	accepted := to.count(`SELECT count(*)::int FROM runs`)
	to.until("every run is over", time.Minute, func() bool { return to.count(`SELECT count(*)::int FROM runs WHERE finished_at IS NULL`) == 0 })

	arrived, again := to.outside.seen()
	t.Logf("%d runs, %d calls refused (the slowest after %s), %d effects, %d delivered again", accepted, load.refused.Load(),
		time.Duration(load.slowest.Load()).Round(time.Millisecond), arrived, again)
	if int64(accepted) < load.accepted.Load() {
		t.Errorf("%d runs of %d accepted calls", accepted, load.accepted.Load())
	}
	if good := to.count(`SELECT count(*)::int FROM runs WHERE state = 'succeeded'`); good != accepted {
		t.Errorf("%d of %d runs succeeded", good, accepted)
	}
	if n := to.count(`SELECT count(*)::int FROM run_steps WHERE state = 'succeeded'`); n != 3*accepted || arrived != n {
		t.Errorf("%d effects recorded and %d arrived, want %d", n, arrived, 3*accepted)
	}
	load.odd.Range(func(what, _ any) bool {
		t.Errorf("a caller saw %v", what)
		return true
	})
	for _, p := range processes {
		if !p.lives() {
			t.Errorf("levqor %s ended: %v\n%s", p.name, p.err, p.said.String())
		}
	}
}
