package snapshots

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/snapshots"
)

const pageSize = 50

// list is GET /snapshots?source=…&show=held|deleted&q=…&before=….
func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error { return showList(s, c, fiber.StatusOK, views.HoldForm{}) }
}

// showList shows the list that the address asks for; form is a refused hold.
func showList(s *web.Site, c *fiber.Ctx, status int, form views.HoldForm) error {
	ctx, actor := c.UserContext(), web.Actor(c)
	f := backup.SnapshotFilter{Text: c.Query("q"), Limit: pageSize + 1}
	p := views.List{Show: views.Shown(c.Query("show")), Text: f.Text, Before: c.Query("before"), Operate: actor.Can(account.Operate), Hold: form}
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
	if f.SourceID != uuid.Nil {
		p.Source = f.SourceID.String()
	}
	links(c, &p)
	p.Frame = s.Frame(c, locales.T(ctx, "app.nav.snapshots"), layout.NavSnapshots)
	return web.Render(c, status, views.All(p))
}

// links cuts the row that only tells that there are more, and says where else the
// list leads.
func links(c *fiber.Ctx, p *views.List) {
	at := where{source: p.Source, show: string(p.Show), text: p.Text, before: p.Before}
	p.HoldURL, p.Tabs = at.url("/holds"), at.tabs()
	if at.before != "" {
		p.Pages.Newest = at.from("").url("/snapshots")
	}
	if len(p.Snapshots) > pageSize {
		p.Snapshots = p.Snapshots[:pageSize]
		last := p.Snapshots[pageSize-1]
		p.Pages.Older = at.from(web.Cursor(last.TakenAt, last.ID)).url("/snapshots")
	}
}
