package restores

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/restore"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/restores"
)

// list is GET /restores?source=…&state=…&before=….
func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		f, err := filterOf(c)
		if err != nil {
			return err
		}
		p := views.Page{SourceID: f.SourceID, State: f.State, URL: c.OriginalURL(), Now: s.Services.Clock.Now()}
		if p.Restores, err = s.Services.Restores.List(ctx, actor, f); err != nil {
			return err
		}
		if len(p.Restores) == 0 && f.SourceID != uuid.Nil {
			if _, err := s.Services.Sources.Get(ctx, actor, f.SourceID); err != nil {
				return err
			}
		}
		if p.Sources, err = s.Services.Sources.List(ctx, actor); err != nil {
			return err
		}
		p.Restores, p.Pages = web.Page(c, "/restores", p.Restores, func(r restore.Restore) string { return web.Cursor(r.CreatedAt, r.ID) })
		p.Frame = s.Frame(c, locales.T(ctx, "app.nav.restores"), layout.NavRestores, "restores")
		return web.Render(c, fiber.StatusOK, views.List(p))
	}
}

func filterOf(c *fiber.Ctx) (f restore.Filter, err error) {
	f.State, f.Limit = task.State(c.Query("state")), web.PageSize+1
	if f.SourceID, err = web.QueryID(c, "source"); err != nil {
		return f, err
	}
	f.Before, f.BeforeID, err = web.Before(c)
	return f, err
}
