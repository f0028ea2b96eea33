package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
)

type (
	actorKey struct{}
	tokenKey struct{}
)

// authenticate turns the bearer token into the actor, or answers 401.
func (r *resources) authenticate(ctx huma.Context, next func(huma.Context)) {
	scheme, words, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		r.refuse(ctx, fail.New(fail.Unauthenticated, "account.fail.token"))
		return
	}
	words = strings.TrimSpace(words)
	actor, err := r.site.Services.Accounts.TokenActor(ctx.Context(), words)
	if err != nil {
		r.refuse(ctx, err)
		return
	}
	actor.RequestID = web.RequestID(humafiber.UnwrapV2(ctx))
	next(huma.WithValue(huma.WithValue(ctx, actorKey{}, actor), tokenKey{}, words))
}

// refuse answers before any handler.
func (r *resources) refuse(ctx huma.Context, err error) {
	p := r.problem(ctx.Context(), err)
	if p.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", "Bearer")
	}
	if p.Status == http.StatusServiceUnavailable {
		ctx.SetHeader("Retry-After", web.RetryAfter)
	}
	ctx.SetHeader("Content-Type", problemType)
	ctx.SetStatus(p.Status)
	_ = r.api.Marshal(ctx.BodyWriter(), "application/json", p) // into memory
}

func actorOf(ctx context.Context) account.Actor {
	actor, _ := ctx.Value(actorKey{}).(account.Actor)
	return actor
}
