package drills

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/drill"
	"levqor/locales"
	views "levqor/views/drills"
	"levqor/views/layout"
)

func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		filter, err := filterOf(c)
		if err != nil {
			return err
		}
		p := views.Page{SourceID: filter.SourceID, Result: c.Query("result"), URL: c.OriginalURL(), CanProve: actor.Can(account.Operate)}
		if p.Drills, err = s.Services.Drills.List(ctx, actor, filter); err != nil {
			return err
		}
		if len(p.Drills) == 0 && filter.SourceID != uuid.Nil {
			if _, err := s.Services.Sources.Get(ctx, actor, filter.SourceID); err != nil {
				return err
			}
		}
		if p.Sources, err = s.Services.Sources.List(ctx, actor); err != nil {
			return err
		}
		p.Drills, p.Pages = web.Page(c, "/drills", p.Drills, func(d drill.Drill) string { return web.Cursor(d.CreatedAt, d.ID) })
		p.Frame = s.Frame(c, locales.T(ctx, "drills.title"), layout.NavSources, "drills")
		return web.Render(c, fiber.StatusOK, views.List(p))
	}
}

// filterOf reads the address.
func filterOf(c *fiber.Ctx) (f drill.Filter, err error) {
	f.Limit = web.PageSize + 1
	if result := c.Query("result"); result == "proven" || result == "failed" {
		passed := result == "proven"
		f.Passed = &passed
	}
	if f.SourceID, err = web.QueryID(c, "source"); err != nil {
		return f, err
	}
	f.Before, f.BeforeID, err = web.Before(c)
	return f, err
}
