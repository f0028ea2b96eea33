// Package sources serves what is protected: the list, adding one, and one's own pages.
package sources

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the pages and forms of sources and their tests.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/source-tests/:id", trial(s))
	r.Get("/sources", list(s))
	r.Post("/sources", create(s))
	r.Get("/sources/new", ask(s))
	r.Post("/sources/sample", sample(s))
	r.Get("/sources/:id", show(s))
	r.Post("/sources/:id", change(s))
	r.Post("/sources/:id/deletions", remove(s))
	r.Get("/sources/:id/settings", settings(s))
	r.Post("/sources/:id/tests", test(s))
	r.Post("/sources/:id/undos", undo(s))
}
