package api

import (
	"context"
	"net/http"
	"time"

	"levqor/jobs/account"
)

// Clock says whether the machine's clock is trusted. While it is not, nothing is
// deleted because of its age.
type Clock struct {
	Now          time.Time  `json:"now"`
	Trusted      bool       `json:"trusted"`
	JumpSeconds  int64      `json:"jump_seconds" doc:"By how much it jumped, ahead or (negative) back; 0 when it is trusted, or somebody confirmed the time."`
	JumpedAt     *time.Time `json:"jumped_at" doc:"What it said right after."`
	ApartSeconds int64      `json:"apart_seconds" doc:"A worker's clock against the database's; 0: near enough."`
}

func (r *resources) clock() {
	add(r, op(http.MethodGet, "/clock", http.StatusOK, account.ScopeRead, "Show whether the clock is trusted"), r.clockStatus)
	add(r, op(http.MethodPost, "/clock/confirmations", http.StatusOK, account.ScopeAdmin, "Say that the time is right after a jump: deletions go on"), r.confirmClock)
}

func (r *resources) clockStatus(ctx context.Context, actor account.Actor, _ *struct{}) (*shown[Clock], error) {
	s, err := r.site.Services.Watch.Status(ctx, actor)
	return &shown[Clock]{Body: Clock{Now: s.Wall.UTC(), Trusted: !s.Doubted(), JumpSeconds: int64(s.Jump.Seconds()), JumpedAt: utc(s.JumpedAt),
		ApartSeconds: int64(s.Apart.Seconds())}}, err
}

func (r *resources) confirmClock(ctx context.Context, actor account.Actor, _ *struct{}) (*shown[Clock], error) {
	if err := r.site.Services.Watch.Confirm(ctx, actor); err != nil {
		return nil, err
	}
	return r.clockStatus(ctx, actor, nil)
}
