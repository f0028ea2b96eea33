// Package signin lets people in and out, and confirms that they are who they are.
package signin

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds what people reach signed out.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/confirm", s.SignedIn, confirm(s))
	r.Post("/confirm", s.SignedIn, takeConfirmation(s))
	r.Post("/confirm/codes", s.SignedIn, sendConfirmation(s))
	r.Get("/invitations/:token", s.Recognized, invitation(s))
	r.Post("/invitations/:token", s.SignedIn, accept(s))
	r.Get("/sign-in", s.Recognized, ask(s))
	r.Post("/sign-in", s.Recognized, sendLink(s))
	r.Get("/sign-in/codes", s.Recognized, code(s))
	r.Post("/sign-in/codes", s.Recognized, takeCode(s))
	r.Get("/sign-in/:token", s.Recognized, link(s))
	r.Post("/sign-in/:token", s.Recognized, followLink(s))
	r.Post("/sign-out", s.Recognized, signOut(s))
}
