// Package api is the JSON API, /api/v1: one file a resource, the document at
// /api/openapi.json generated from these types.
package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
)

// Mount adds every resource.
func Mount(app *fiber.App, s *web.Site) {
	config := huma.DefaultConfig("Levqor", "1")
	config.Info.Description = "Back up, prove, restore. Long work answers 202 with the Location to watch. " +
		"Errors are problem+json with a stable code and the request's id."
	config.OpenAPIPath = "/api/openapi"
	config.DocsPath = ""
	config.SchemasPath = ""
	config.CreateHooks = nil
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "An API token, lvq_…, from Settings or `levqor token create`."},
	}
	config.Security = []map[string][]string{{"token": {}}}
	api := humafiber.NewV2(app, config)
	r := &resources{site: s, api: huma.NewGroup(api, "/api/v1")}
	r.api.UseMiddleware(r.authenticate)
	r.sources()
	r.vaults()
	r.plans()
	r.backups()
	r.snapshots()
	r.restores()
	r.drills()
	if s.Services.Config.Dev && s.Services.Config.TestClock {
		r.testClock()
	}
}

type resources struct {
	site *web.Site
	api  *huma.Group
}

type actorKey struct{}

// authenticate turns the bearer token into the actor, or answers 401.
func (r *resources) authenticate(ctx huma.Context, next func(huma.Context)) {
	c := humafiber.UnwrapV2(ctx)
	token, ok := strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
	if !ok {
		r.refuse(ctx, fail.New(fail.Unauthenticated, "account.fail.token"))
		return
	}
	actor, err := r.site.Services.Accounts.TokenActor(ctx.Context(), strings.TrimSpace(token))
	if err != nil {
		r.refuse(ctx, err)
		return
	}
	actor.RequestID = web.RequestID(c)
	next(huma.WithValue(ctx, actorKey{}, actor))
}

func (r *resources) refuse(ctx huma.Context, err error) {
	p := problemOf(ctx.Context(), err)
	ctx.SetStatus(p.Status)
	ctx.SetHeader("Content-Type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", "Bearer")
	}
	_ = r.api.Marshal(ctx.BodyWriter(), "application/problem+json", p)
}

func actorOf(ctx context.Context) account.Actor {
	actor, _ := ctx.Value(actorKey{}).(account.Actor)
	return actor
}

// op describes one operation. Its status is that of success.
func op(method, path, summary string, status int, tags ...string) huma.Operation {
	return huma.Operation{
		OperationID:   strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path),
		Method:        method,
		Path:          path,
		Summary:       summary,
		DefaultStatus: status,
		Tags:          tags,
		MaxBodyBytes:  1 << 20,
		Errors:        []int{401, 403, 404, 409, 413, 422, 429},
	}
}
