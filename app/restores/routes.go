// Package restores serves the way of a copy back: where to, what will happen,
// the work, what came of it.
package restores

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/restores", list(s))
	r.Get("/restores/:id", show(s))
	r.Get("/restores/:id/download.zip", download(s))
	r.Post("/snapshots/:id/restores", start(s))
	r.Post("/snapshots/:id/restores/checks", check(s))
	r.Get("/snapshots/:id/restores/new", form(s))
}
