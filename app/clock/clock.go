// Package clock serves the page that asks people about the machine's clock.
package clock

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/locales"
	views "levqor/views/clock"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Mount adds the page of the clock and its form.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/clock", show(s))
	r.Post("/clock/confirmations", confirm(s))
}

func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		status, err := s.Services.Watch.Status(ctx, actor)
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.Clock(views.Page{
			Frame: s.Frame(c, locales.T(ctx, "clock.title"), layout.NavHome), Status: status, CanConfirm: actor.Can(account.Manage),
		}))
	}
}

// confirm says that the time is right.
func confirm(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := s.Services.Watch.Confirm(c.UserContext(), web.Actor(c)); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "clock.said.confirmed"))
		return web.Go(c, "/")
	}
}
