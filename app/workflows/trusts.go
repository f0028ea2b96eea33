package workflows

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/workflows"
)

// trusts is GET /workflows/{id}/trusts: what its steps may do without asking.
func trusts(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		found, err := workflowOf(s, c)
		if err != nil {
			return err
		}
		all, err := s.Services.Workflows.Trusts(c.UserContext(), web.Actor(c), found.ID)
		if err != nil {
			return err
		}
		title := locales.T(c.UserContext(), "workflows.trusts.title")
		return web.Render(c, fiber.StatusOK, views.Trusted(views.Trusts{
			Frame: s.Frame(c, title, layout.NavWorkflows), Workflow: found, Trusts: all, CanOperate: web.Actor(c).Can(account.Operate),
		}))
	}
}

// distrust is POST /workflows/{id}/trusts/{trust}/deletions: the step asks again.
func distrust(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		trust, err := web.ID(c, "trust")
		if err != nil {
			return err
		}
		if err := s.Services.Workflows.Distrust(c.UserContext(), web.Actor(c), id, trust); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "workflows.said.distrusted"))
		return web.Go(c, string(views.URL(id, "/trusts")))
	}
}
