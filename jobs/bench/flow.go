package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"
)

// Sizes of the section on workflows.
const (
	callers     = 20 // at once
	loadTime    = 6 * time.Second
	aloneCalls  = 200
	fairQueued  = 10_000
	fairStarts  = 60
	fairPause   = time.Second
	idleStarts  = 200
	warmUpCalls = 200
)

// flows is what the section on workflows measured.
type flows struct {
	reply, ten, requests, bound []load // a round each
	replyAlone, tenAlone        []time.Duration
	fanAlone                    []time.Duration
	idle                        []time.Duration // from a run's row to its first step
	fairIdle, fairBusy          []time.Duration
	fairRate                    float64 // runs a second that the busy workspace finished meanwhile
	webPeak, workerPeak         int64   // bytes
}

// flows measures workflows through the doors that customers use: a web process, a
// worker process and a Postgres that syncs every commit.
func (b *bench) flows(ctx context.Context, r *report) (err error) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"ok": true}`))
	}))
	defer target.Close()
	s, err := b.openStreet(ctx, target.URL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	r.flows = &flows{}
	if err := s.warmUp(ctx); err != nil {
		return err
	}
	for round := range b.rounds {
		b.say("workflows: round %d of %d", round+1, b.rounds)
		if err := s.round(ctx, r.flows); err != nil {
			return err
		}
	}
	if err := s.fairness(ctx, r.flows); err != nil {
		return fmt.Errorf("fairness: %w", err)
	}
	r.flows.webPeak, r.flows.workerPeak, err = s.peaks()
	return err
}

func (s *street) warmUp(ctx context.Context) error {
	for _, door := range []string{s.doors.reply, s.doors.ten, s.doors.requests, s.doors.fan} {
		if _, err := s.alone(ctx, door, s.b.scaled(warmUpCalls)); err != nil {
			return err
		}
	}
	return nil
}

// round measures each kind of load once, in turns with what bare SQL can do.
func (s *street) round(ctx context.Context, f *flows) error {
	for _, one := range []struct {
		name string
		into *[]load
		do   func(ctx context.Context) error
	}{
		{"webhook, condition, set, reply", &f.reply, s.calling(s.doors.reply)},
		{"ten steps", &f.ten, s.calling(s.doors.ten)},
		{"ten steps in bare SQL", &f.bound, s.bareTen},
		{"ten http steps", &f.requests, s.calling(s.doors.requests)},
	} {
		l, err := s.load(ctx, one.do)
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		s.b.say("  %s: %s", one.name, l)
		*one.into = append(*one.into, l)
	}
	for _, one := range []struct {
		name string
		door string
		into *[]time.Duration
	}{{"reply", s.doors.reply, &f.replyAlone}, {"ten steps", s.doors.ten, &f.tenAlone}, {"fan-out of 100", s.doors.fan, &f.fanAlone}} {
		took, err := s.alone(ctx, one.door, s.b.scaled(aloneCalls))
		if err != nil {
			return fmt.Errorf("%s alone: %w", one.name, err)
		}
		s.b.say("  %s alone: p50 %s, p99 %s", one.name, millis(quantile(took, 50)), millis(quantile(took, 99)))
		*one.into = append(*one.into, took...)
	}
	delays, err := s.delays(ctx, s.b.scaled(idleStarts), 25*time.Millisecond, s.doors.reply)
	f.idle = append(f.idle, delays...)
	return err
}
