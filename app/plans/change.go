package plans

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/plans"
)

// formOf is the form of the plan in the path, for those who may change it.
func formOf(s *web.Site, c *fiber.Ctx) (f views.Form, err error) {
	if err := web.Actor(c).Require(account.Manage); err != nil {
		return f, err
	}
	plan, err := planOf(s, c)
	if err != nil {
		return f, err
	}
	f = views.Form{ID: plan.ID.String(), Revision: plan.Revision, Draft: draftOf(inputOf(plan)), Now: &plan}
	f.Source, err = s.Services.Sources.Get(c.UserContext(), web.Actor(c), plan.SourceID)
	return f, err
}

func settings(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, err := formOf(s, c)
		if err != nil {
			return err
		}
		f.Now = nil
		if c.Query("schedule") != "" { // as typed before its sender confirmed who they are
			f.Draft = typed(c)
		}
		return page(s, c, fiber.StatusOK, f)
	}
}

// change saves the form. When somebody else was faster it shows what they made
// of the plan, and keeps what was typed: sent again, it replaces theirs.
func change(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, err := formOf(s, c)
		if err != nil {
			return err
		}
		plan := *f.Now
		f.Now, f.Draft = nil, typed(c)
		if again := redraw(c, &f.Draft); again {
			f.Revision = number(c.FormValue("revision"))
			return page(s, c, fiber.StatusOK, f)
		}
		ctx := c.UserContext()
		err = s.Services.Backups.UpdatePlan(ctx, web.Actor(c), plan.ID, number(c.FormValue("revision")), input(f.Draft, plan.SourceID))
		switch {
		case fail.Is(err, fail.Conflict):
			f.Now = &plan
			return page(s, c, fiber.StatusConflict, f)
		case fail.Is(err, fail.Invalid):
			f.Revision, f.Problems = number(c.FormValue("revision")), parts.ProblemsOf(ctx, err)
			return page(s, c, fiber.StatusUnprocessableEntity, f)
		case fail.Is(err, fail.StepUp):
			return web.ConfirmThen(c, "/plans/"+plan.ID.String()+"/settings?"+sentForm(c))
		case err != nil:
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "plans.said.saved"))
		return web.Go(c, "/sources/"+plan.SourceID.String())
	}
}

// end deletes the plan once the source's name was typed.
func end(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, err := formOf(s, c)
		if err != nil {
			return err
		}
		plan, ctx := *f.Now, c.UserContext()
		f.Now = nil
		if strings.TrimSpace(c.FormValue("confirm")) != plan.SourceName {
			f.Confirm = locales.T(ctx, "plans.delete.wrong", "name", plan.SourceName)
			return page(s, c, fiber.StatusUnprocessableEntity, f)
		}
		if err := s.Services.Backups.DeletePlan(ctx, web.Actor(c), plan.ID); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "plans.said.deleted"))
		return web.Go(c, "/sources/"+plan.SourceID.String())
	}
}
