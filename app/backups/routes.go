// Package backups serves the runs of all plans, and each one's own page.
package backups

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/backups", list(s))
	r.Get("/backups/:id", show(s))
}
