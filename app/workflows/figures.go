package workflows

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/workflows"
)

// figures is GET /workflows/{id}/figures?days=….
func figures(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		found, err := workflowOf(s, c)
		if err != nil {
			return err
		}
		days := c.QueryInt("days")
		if !slices.Contains(views.Spans, days) {
			days = views.Spans[1]
		}
		counted, err := s.Services.Workflows.Figures(c.UserContext(), web.Actor(c), found.ID, days)
		if err != nil {
			return err
		}
		title := locales.T(c.UserContext(), "workflows.figures.title")
		return web.Render(c, fiber.StatusOK, views.Counted(views.Figures{Frame: s.Frame(c, title, layout.NavWorkflows), Workflow: found, Figures: counted}))
	}
}
