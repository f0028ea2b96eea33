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

// list is GET /backups?source=…&state=…&before=….
func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		f := backup.BackupFilter{State: task.State(c.Query("state")), Limit: web.PageSize + 1}
		var err error
		if f.SourceID, err = web.QueryID(c, "source"); err != nil {
			return err
		}
		if f.Before, f.BeforeID, err = web.Before(c); err != nil {
			return err
		}
		p := views.List{SourceID: f.SourceID, State: f.State, URL: c.OriginalURL(), Now: s.Services.Clock.Now()}
		if p.Backups, err = s.Services.Backups.List(ctx, actor, f); err != nil {
			return err
		}
		if p.Sources, err = s.Services.Sources.List(ctx, actor); err != nil {
			return err
		}
		p.Backups, p.Pages = web.Page(c, "/backups", p.Backups, func(b backup.Backup) string { return web.Cursor(b.CreatedAt, b.ID) })
		p.Frame = s.Frame(c, locales.T(ctx, "app.nav.backups"), layout.NavBackups, p.Topics()...)
		return web.Render(c, fiber.StatusOK, views.All(p))
	}
}
