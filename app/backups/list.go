package backups

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/backup"
	"levqor/jobs/task"
	"levqor/locales"
	views "levqor/views/backups"
	"levqor/views/layout"
)

const pageSize = 50

// list is GET /backups?source=…&state=…&before=….
func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		f := backup.BackupFilter{State: task.State(c.Query("state")), Limit: pageSize + 1}
		var err error
		if f.SourceID, err = web.QueryID(c, "source"); err != nil {
			return err
		}
		if f.Before, f.BeforeID, err = web.Before(c); err != nil {
			return err
		}
		found, err := s.Services.Backups.List(ctx, actor, f)
		if err != nil {
			return err
		}
		sources, err := s.Services.Sources.List(ctx, actor)
		if err != nil {
			return err
		}
		p := views.List{Sources: sources, SourceID: f.SourceID, State: f.State, Before: c.Query("before"), Now: s.Services.Clock.Now()}
		if len(found) > pageSize {
			found = found[:pageSize]
			p.Older = web.Cursor(found[pageSize-1].CreatedAt, found[pageSize-1].ID)
		}
		p.Backups = found
		p.Frame = s.Frame(c, locales.T(ctx, "app.nav.backups"), layout.NavBackups, p.Topics()...)
		return web.Render(c, fiber.StatusOK, views.All(p))
	}
}
