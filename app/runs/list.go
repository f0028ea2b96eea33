package runs

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/runs"
)

// list is GET /runs?workflow=…&state=…&before=….
func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		f := workflow.RunFilter{State: engine.State(c.Query("state")), Limit: web.PageSize + 1}
		var err error
		if f.WorkflowID, err = web.QueryID(c, "workflow"); err != nil {
			return err
		}
		if f.Before, err = web.QueryID(c, "before"); err != nil {
			return err
		}
		p := views.List{WorkflowID: f.WorkflowID, State: f.State, URL: c.OriginalURL(), Now: s.Services.Clock.Now()}
		if p.Runs, err = s.Services.Workflows.Runs(ctx, actor, f); err != nil {
			return err
		}
		if p.Workflows, err = s.Services.Workflows.List(ctx, actor); err != nil {
			return err
		}
		p.Runs, p.Pages = web.Page(c, "/runs", p.Runs, func(r workflow.Run) string { return r.ID.String() })
		p.Frame = s.Frame(c, locales.T(ctx, "app.nav.runs"), layout.NavRuns, string(engine.AllRuns))
		return web.Render(c, fiber.StatusOK, views.All(p))
	}
}
