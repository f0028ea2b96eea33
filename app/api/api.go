// Package api is the JSON API, /api/v1: one file a resource, the document at
// /api/openapi.json generated from these types.
package api

import (
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"levqor/app/web"
)

const prefix = "/api/v1"

const description = "Back up, prove, restore. Long work answers 202 with the Location to watch. " +
	"Errors are problem+json with a stable code and the id of the request. " +
	"A POST with an Idempotency-Key is done once: the same request with the same key is given the same answer for a day. " +
	"Lists go on where `next` says, given back as `cursor`. Times are RFC 3339 in UTC, sizes are bytes."

// Mount adds every resource and the document, and answers everything else below /api.
func Mount(app *fiber.App, s *web.Site) error {
	settle()
	document := huma.DefaultConfig("Levqor", "1")
	document.Info.Description = description
	document.OpenAPIPath, document.DocsPath, document.SchemasPath, document.CreateHooks = "", "", "", nil
	document.Formats = formats
	document.RejectUnknownQueryParameters = true
	document.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "An API token, lvq_…, from Settings or `levqor token create`."},
	}
	app.Use("/api", recover.New(recover.Config{EnableStackTrace: true}))
	inner := humafiber.NewV2(app, document)
	r := &resources{site: s, api: huma.NewGroup(inner, prefix)}
	r.api.UseMiddleware(r.authenticate, r.replay)
	r.backups()
	r.credentials()
	r.drills()
	r.files()
	r.holds()
	r.clock()
	r.plans()
	r.restores()
	r.runs()
	r.snapshots()
	r.sources()
	r.sourceTests()
	r.stepKinds()
	r.tasks()
	if s.Services.Config.Dev && s.Services.Config.TestClock {
		r.testClock()
	}
	r.vaults()
	r.workflows()
	return r.document(app, inner.OpenAPI())
}

type resources struct {
	site *web.Site
	api  *huma.Group
}

// document serves the OpenAPI document, and then what is none of its paths.
func (r *resources) document(app *fiber.App, doc *huma.OpenAPI) error {
	inJSON, err := doc.MarshalJSON()
	if err != nil {
		return err
	}
	inYAML, err := doc.YAML()
	if err != nil {
		return err
	}
	app.Get("/api/openapi.json", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/json")
		return c.Send(inJSON)
	})
	app.Get("/api/openapi.yaml", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/yaml")
		return c.Send(inYAML)
	})
	app.Use("/api", nowhere(app))
	return nil
}

// settle sets what huma keeps in variables of its own, once for all sites of the process.
var settle = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError { return &Problem{Status: status} }
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return schemaProblem(ctx.Context(), status, errs)
	}
})
