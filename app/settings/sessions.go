package settings

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/settings"
)

func sessions(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		open, err := s.Services.Accounts.Sessions(c.UserContext(), web.Session(c))
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.Sessions(views.SessionsPage{
			Base: base(s, c, views.TabSessions), Open: open, Current: web.Session(c).ID,
		}))
	}
}

func revokeOtherSessions(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error { return endSession(s, c, uuid.Nil) }
}

func revokeSession(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		return endSession(s, c, id)
	}
}

func endSession(s *web.Site, c *fiber.Ctx, id uuid.UUID) error {
	if err := s.Services.Accounts.Revoke(c.UserContext(), web.Session(c), id); err != nil {
		return err
	}
	s.Say(c, parts.Good, locales.T(c.UserContext(), "settings.sessions.ended"))
	return web.Go(c, "/settings/sessions")
}
