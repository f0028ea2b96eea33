// Package approvals serves the list of what workflows ask people; each question is
// answered on its run's page.
package approvals

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/workflow/engine"
	"levqor/locales"
	views "levqor/views/approvals"
	"levqor/views/layout"
)

// Mount adds GET /approvals.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/approvals", list(s))
}

func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		open, err := s.Services.Workflows.Questions(ctx, web.Actor(c))
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.List(views.Page{
			Frame: s.Frame(c, locales.T(ctx, "app.nav.approvals"), layout.NavApprovals, string(engine.AllRuns)), Open: open,
		}))
	}
}
