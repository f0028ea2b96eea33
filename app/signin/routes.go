// Package signin lets people in and out.
package signin

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds what needs no session.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/sign-in/:token", link(s))
	r.Post("/sign-in/:token", followLink(s))
}
