// Package plans serves what a source's plan is, and how long it keeps snapshots.
package plans

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the pages and forms of plans.
func Mount(r fiber.Router, s *web.Site) {
	r.Post("/plans/:id", change(s))
	r.Post("/plans/:id/backups", backUp(s))
	r.Post("/plans/:id/deletions", end(s))
	r.Post("/plans/:id/pauses", pause(s))
	r.Post("/plans/:id/resumptions", resume(s))
	r.Get("/plans/:id/retention", retention(s))
	r.Post("/plans/:id/retention", keep(s))
	r.Get("/plans/:id/settings", settings(s))
	r.Post("/plans/:id/undos", undo(s))
	r.Post("/sources/:id/plans", create(s))
	r.Get("/sources/:id/plans/new", ask(s))
	r.Get("/sources/:id/plans/preview", preview(s))
}
