package snapshots

import (
	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/snapshots"
)

// list is GET /snapshots?source=…&show=held|deleted&q=…&before=….
func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error { return showList(s, c, fiber.StatusOK, views.HoldForm{}) }
}

// showList shows the list that the address asks for; form is a refused hold.
func showList(s *web.Site, c *fiber.Ctx, status int, form views.HoldForm) error {
	ctx, actor := c.UserContext(), web.Actor(c)
	f := backup.SnapshotFilter{Text: c.Query("q"), Limit: web.PageSize + 1}
	p := views.List{Show: views.Shown(c.Query("show")), Text: f.Text, Operate: actor.Can(account.Operate), Hold: form}
	f.Held, f.Deleted = p.Show == views.ShownHeld, p.Show == views.ShownDeleted
	var err error
	if f.SourceID, err = web.QueryID(c, "source"); err != nil {
		return err
	}
	if f.Before, f.BeforeID, err = web.Before(c); err != nil {
		return err
	}
	if p.Snapshots, err = s.Services.Backups.Snapshots(ctx, actor, f); err != nil {
		return err
	}
	if p.Sources, err = s.Services.Sources.List(ctx, actor); err != nil {
		return err
	}
	p.SourceID, p.HoldURL, p.Tabs = f.SourceID, web.With(c, "/holds"), tabs(c)
	p.Snapshots, p.Pages = web.Page(c, "/snapshots", p.Snapshots, func(s backup.Snapshot) string { return web.Cursor(s.TakenAt, s.ID) })
	p.Frame = s.Frame(c, locales.T(ctx, "app.nav.snapshots"), layout.NavSnapshots)
	return web.Render(c, status, views.All(p))
}

func tabs(c *fiber.Ctx) map[views.Shown]templ.SafeURL {
	tabs := map[views.Shown]templ.SafeURL{}
	for _, show := range []views.Shown{"", views.ShownDeleted, views.ShownHeld} {
		tabs[show] = web.With(c, "/snapshots", "show", string(show), "before", "")
	}
	return tabs
}
