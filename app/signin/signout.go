package signin

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
)

// signOut ends the session on the server too, so that a copied cookie is worth nothing.
func signOut(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if session := web.Session(c); web.IsSignedIn(c) {
			if err := s.Services.Accounts.Revoke(c.UserContext(), session, session.ID); err != nil && !fail.Is(err, fail.NotFound) {
				return err
			}
		}
		s.DropCookie(c, s.SessionCookie())
		s.Say(c, parts.Good, locales.T(c.UserContext(), "signin.out"))
		return web.Go(c, web.LocalPath(c.FormValue("next"), "/sign-in"))
	}
}
