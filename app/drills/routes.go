// Package drills serves drills and the proofs that they leave.
package drills

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/drills", list(s))
	r.Post("/drills", startAll(s))
	r.Get("/drills/:id", show(s))
	r.Get("/drills/:id/proof.json", download(s))
	r.Post("/plans/:id/drills", start(s))
	r.Post("/snapshots/:id/drills", startSnapshot(s))
}
