package plans

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/plans"
)

// ask shows the form of a new plan with defaults that suit most sources.
func ask(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := web.Actor(c).Require(account.Manage); err != nil {
			return err
		}
		of, err := sourceOf(s, c)
		if err != nil {
			return err
		}
		draft := draftOf(backup.Defaults(web.Session(c).Workspace.TimeZone))
		draft.Values["vault_id"] = ""
		return page(s, c, fiber.StatusOK, views.Form{Source: of, Draft: draft})
	}
}

// create makes the plan, starts its first backup and goes to it.
func create(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		of, err := sourceOf(s, c)
		if err != nil {
			return err
		}
		draft := typed(c)
		if again := redraw(c, &draft); again {
			return page(s, c, fiber.StatusOK, views.Form{Source: of, Draft: draft})
		}
		in := input(draft, of.ID)
		in.StartNow = true
		plan, err := s.Services.Backups.CreatePlan(ctx, actor, in)
		if fail.Is(err, fail.Invalid) {
			return page(s, c, fiber.StatusUnprocessableEntity, views.Form{Source: of, Draft: draft, Problems: parts.ProblemsOf(ctx, err)})
		}
		if err != nil {
			return err
		}
		started, err := s.Services.Backups.List(ctx, actor, backup.BackupFilter{PlanID: plan, Limit: 1})
		if err != nil || len(started) == 0 {
			return web.Go(c, "/sources/"+of.ID.String())
		}
		s.Say(c, parts.Good, locales.T(ctx, "plans.said.started"))
		return web.Go(c, "/backups/"+started[0].ID.String())
	}
}

// redraw reports whether a press only asks for the form again: with one more row
// for a check, or with the next runs of what was typed.
func redraw(c *fiber.Ctx, draft *views.Draft) bool {
	switch c.FormValue("do") {
	case "add":
		draft.Asserts = append(draft.Asserts, source.Assertion{})
		return true
	case "preview":
		return true
	}
	return false
}
