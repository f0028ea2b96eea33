package hooks

import (
	"context"
	"testing"
	"time"

	"levqor/jobs/fail"
	"levqor/jobs/workflow"
)

// knocked is a door that was found at that moment and is looked up no more in this test.
func knocked(now time.Time) *doors {
	d := newDoors(nil)
	d.known["busy"] = &known{hook: workflow.Hook{Name: "busy"}, until: now.Add(time.Hour), began: now}
	return d
}

func TestFlood(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	d := knocked(now)
	for i := range most {
		if _, _, err := d.at(context.Background(), "busy", now.Add(time.Duration(i)*time.Microsecond)); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	_, retry, err := d.at(context.Background(), "busy", now.Add(4*time.Second))
	if !fail.Is(err, fail.TooMany) || retry != 6*time.Second {
		t.Errorf("one too many: %v, again in %s", err, retry)
	}
	if hook, _, err := d.at(context.Background(), "busy", now.Add(window)); err != nil || hook.Name != "busy" {
		t.Errorf("in the next window: %v", err)
	}
}

func TestMakeRoom(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	d := knocked(now)
	for i := range mostIn {
		d.known[time.Duration(i).String()] = &known{err: fail.New(fail.NotFound, "fail.not_found"), began: now}
	}
	d.makeRoom(now)
	if len(d.known) != 1 || d.known["busy"] == nil {
		t.Errorf("guessed addresses stay, or the busy one is forgotten: %d", len(d.known))
	}
}

// What a run waits for is called once; who calls it on and on is told to wait.
func TestFloodOfCallbacks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	d := newDoors(anybody)
	for i := range most {
		if _, _, err := d.at(t.Context(), "token", now.Add(time.Duration(i)*time.Microsecond)); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if _, retry, err := d.at(t.Context(), "token", now.Add(time.Second)); !fail.Is(err, fail.TooMany) || retry != 9*time.Second {
		t.Errorf("one too many: %v, again in %s", err, retry)
	}
	if _, _, err := d.at(t.Context(), "other", now.Add(time.Second)); err != nil {
		t.Errorf("another address: %v", err)
	}
}
