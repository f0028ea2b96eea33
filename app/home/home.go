// Package home serves the first page.
package home

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/locales"
	views "levqor/views/home"
	"levqor/views/layout"
)

// Mount adds GET /.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/", show(s))
}

func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		home, err := s.Services.Overview.Home(ctx, actor)
		if err != nil {
			return err
		}
		frame := s.Frame(c, locales.T(ctx, "app.nav.home"), layout.NavHome, "backups", "drills", "sources")
		frame.Running = len(home.Running) > 0
		return web.Render(c, fiber.StatusOK, views.Home(views.Page{
			Frame: frame, Home: home, Sample: s.Services.Sources.HasSample(),
			CanManage: actor.Can(account.Manage), CanProve: actor.Can(account.Operate),
		}))
	}
}
