package snapshots

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/drill"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/snapshots"
)

const shownProofs = 5

// show is GET /snapshots/{id}.
func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error { return showOne(s, c, fiber.StatusOK, views.HoldForm{}, "") }
}

// showOne shows a snapshot's facts; form is a refused hold, wrong what was wrong
// with the name typed to delete it.
func showOne(s *web.Site, c *fiber.Ctx, status int, form views.HoldForm, wrong string) error {
	ctx, actor := c.UserContext(), web.Actor(c)
	one, truth, err := around(s, c, views.TabFacts)
	if err != nil {
		return err
	}
	one.Hold, one.Delete = form, wrong
	p := views.Facts{One: one, Truth: truth, Now: s.Services.Clock.Now()}
	if p.Since, err = s.Services.Backups.Since(ctx, actor, one.Snapshot.ID); err != nil {
		return err
	}
	holds, err := s.Services.Backups.SnapshotHolds(ctx, actor, one.Snapshot.ID)
	if err != nil {
		return err
	}
	for _, h := range holds {
		if h.Active(p.Now) {
			p.Holds = append(p.Holds, h)
		}
	}
	p.Proof, err = s.Services.Drills.List(ctx, actor, drill.Filter{SnapshotID: one.Snapshot.ID, Limit: shownProofs})
	if err != nil {
		return err
	}
	plan, err := s.Services.Backups.Plan(ctx, actor, one.Snapshot.PlanID)
	if err == nil {
		p.Plan = &plan
	} else if !fail.Is(err, fail.NotFound) {
		return err
	}
	return web.Render(c, status, views.Show(p))
}

// around is what each page of the snapshot in the address shows, and what it held.
func around(s *web.Site, c *fiber.Ctx, tab views.Tab) (one views.One, truth source.Truth, err error) {
	id, err := web.ID(c, "id")
	if err != nil {
		return one, truth, err
	}
	ctx, actor := c.UserContext(), web.Actor(c)
	found, err := s.Services.Backups.Snapshot(ctx, actor, id)
	if err != nil {
		return one, truth, err
	}
	if truth, err = s.Services.Backups.Truth(ctx, actor, id); err != nil {
		return one, truth, err
	}
	one = views.One{
		Snapshot: found, Tables: truth.Tables, Tab: tab, Operate: actor.Can(account.Operate), Manage: actor.Can(account.Manage),
		Sure:  actor.RequireStepUp(s.Services.Clock.Now()) == nil,
		Frame: s.Frame(c, title(c, found), layout.NavSnapshots),
	}
	return one, truth, nil
}

func title(c *fiber.Ctx, found backup.Snapshot) string {
	return locales.T(c.UserContext(), "snapshots.title", "name", found.SourceName, "when", locales.When(c.UserContext(), found.TakenAt))
}
