package api

import (
	"context"
	"net/http"
	"time"

	"levqor/jobs/account"
	"levqor/jobs/fail"
)

// TestClock is the product's clock, which `levqor dev` with LEVQOR_TEST_CLOCK=1 lets
// a test move: schedules, retention and proofs follow it.
type TestClock struct {
	Now           time.Time `json:"now"`
	OffsetSeconds int64     `json:"offset_seconds" doc:"How far it is ahead of true time."`
}

// TestClockInput says where to: a moment, or by how much.
type TestClockInput struct {
	Now     *time.Time `json:"now,omitempty"`
	Advance *string    `json:"advance,omitempty" maxLength:"40" example:"36h"`
}

// farthest is how far from true time the clock may be.
const farthest = 50 * 366 * 24 * time.Hour

func (r *resources) testClock() {
	add(r, op(http.MethodGet, "/test-clock", http.StatusOK, account.ScopeAdmin, "What time it is"), r.showClock)
	add(r, op(http.MethodPut, "/test-clock", http.StatusOK, account.ScopeAdmin, "Move the clock"), r.moveClock)
}

func (r *resources) showClock(_ context.Context, actor account.Actor, _ *struct{}) (*shown[TestClock], error) {
	if err := mayMoveTime(actor); err != nil {
		return nil, err
	}
	c := r.site.Services.Clock
	return &shown[TestClock]{Body: TestClock{Now: c.Now(), OffsetSeconds: int64(c.Offset().Seconds())}}, nil
}

func (r *resources) moveClock(ctx context.Context, actor account.Actor, in *struct{ Body TestClockInput }) (*shown[TestClock], error) {
	if err := mayMoveTime(actor); err != nil {
		return nil, err
	}
	to, err := in.Body.target(r.site.Services.Clock.Now(), time.Now())
	if err != nil {
		return nil, err
	}
	if err := r.site.Services.MoveClock(ctx, to); err != nil {
		return nil, err
	}
	return r.showClock(ctx, actor, nil)
}

func mayMoveTime(actor account.Actor) error { return actor.Require(account.Own) }

func (in TestClockInput) target(now, real time.Time) (to time.Time, err error) {
	var form fail.Form
	switch {
	case (in.Now == nil) == (in.Advance == nil):
		form.Add("now", "api.field.clock")
	case in.Now != nil:
		to = *in.Now
		form.Check(near(to, real), "now", "api.field.clock_far")
	default:
		by, err := time.ParseDuration(*in.Advance)
		form.Check(err == nil, "advance", "api.field.duration")
		to = now.Add(by)
		form.Check(err != nil || near(to, real), "advance", "api.field.clock_far")
	}
	return to, form.Err()
}

func near(to, real time.Time) bool {
	return to.After(real.Add(-farthest)) && to.Before(real.Add(farthest))
}
