// Package runs serves the runs of all workflows, each one's own page, and what
// people do to them.
package runs

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/runs", list(s))
	r.Get("/runs/:id", show(s))
	r.Post("/runs/:id/cancellations", cancel(s))
	r.Post("/runs/:id/decisions", decide(s))
	r.Post("/runs/:id/replays", replay(s))
	r.Get("/runs/:id/replays/new", again(s))
	r.Post("/runs/:id/retries", retry(s))
	r.Post("/runs/:id/steps/cancellations", cancelStep(s))
}
