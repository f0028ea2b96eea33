// Package templates serves the gallery of workflows to start from, and makes a
// draft of the one that is chosen.
package templates

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/templates", gallery(s))
	r.Get("/templates/:name", wizard(s))
	r.Post("/templates/:name", use(s))
}
