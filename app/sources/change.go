package sources

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/sources"
)

// find is the source in the path.
func find(s *web.Site, c *fiber.Ctx) (source.Source, error) {
	id, err := web.ID(c, "id")
	if err != nil {
		return source.Source{}, err
	}
	return s.Services.Sources.Get(c.UserContext(), web.Actor(c), id)
}

// formOf is the form of the source in the path, for those who may change it.
func formOf(s *web.Site, c *fiber.Ctx) (views.Form, error) {
	if err := web.Actor(c).Require(account.Manage); err != nil {
		return views.Form{}, err
	}
	found, err := find(s, c)
	return views.Form{Source: &found, Kind: found.Kind, Revision: found.Revision, Values: typed(c, stored(found))}, err
}

func settings(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, err := formOf(s, c)
		if err != nil {
			return err
		}
		return settingsPage(s, c, fiber.StatusOK, f)
	}
}

func settingsPage(s *web.Site, c *fiber.Ctx, status int, f views.Form) error {
	facts, err := s.Services.Overview.SourceFacts(c.UserContext(), web.Actor(c), f.Source.ID)
	if err != nil {
		return err
	}
	f.Frame = s.Frame(c, locales.T(c.UserContext(), "sources.form.settings", "name", f.Source.Name), layout.NavSources)
	f.Plan, f.GraceDays = facts.PlanID, s.Services.Config.GraceDays()
	furnish(s, &f)
	return web.Render(c, status, views.Settings(f))
}

// change saves the form and goes to the test of the new access, if that changed.
func change(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, err := formOf(s, c)
		if err != nil {
			return err
		}
		ctx := c.UserContext()
		revision, in := c.FormValue("revision"), input(c, f.Kind, f.Values)
		test, err := s.Services.Sources.Update(ctx, web.Actor(c), f.Source.ID, revisionOf(revision), in)
		switch {
		case isAboutFields(err):
			f.Revision, f.Problems, f.Forgotten = revisionOf(revision), parts.ProblemsOf(ctx, err), in.Secret != ""
			return settingsPage(s, c, fiber.StatusUnprocessableEntity, f)
		case fail.Is(err, fail.Conflict):
			f.Moved, f.Forgotten = true, in.Secret != ""
			return settingsPage(s, c, fiber.StatusConflict, f)
		case err != nil:
			return err
		case test == uuid.Nil:
			s.Say(c, parts.Good, locales.T(ctx, "sources.said.saved"))
			return web.Go(c, "/sources/"+f.Source.ID.String())
		}
		return web.Go(c, "/source-tests/"+test.String())
	}
}

// remove deletes the source once its name was typed.
func remove(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, err := formOf(s, c)
		if err != nil {
			return err
		}
		ctx := c.UserContext()
		if strings.TrimSpace(c.FormValue("confirm")) != f.Source.Name {
			f.Confirm = locales.T(ctx, "sources.delete.wrong", "name", f.Source.Name)
			return settingsPage(s, c, fiber.StatusUnprocessableEntity, f)
		}
		if err := s.Services.Sources.Delete(ctx, web.Actor(c), f.Source.ID); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "sources.said.deleted", "name", f.Source.Name))
		return web.Go(c, "/sources")
	}
}
