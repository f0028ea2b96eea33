package workflows

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/workflows"
)

func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		found, err := s.Services.Workflows.List(ctx, actor)
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.Workflows(views.List{
			Frame: s.Frame(c, locales.T(ctx, "app.nav.workflows"), layout.NavWorkflows, "runs"), Workflows: found,
			CanManage: actor.Can(account.Manage), CanOperate: actor.Can(account.Operate),
		}))
	}
}
