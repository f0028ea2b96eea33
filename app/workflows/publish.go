package workflows

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/workflow/flow"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/workflows"
)

// publish makes the draft the live version.
func publish(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		made, err := s.Services.Workflows.Publish(ctx, web.Actor(c), id, revision(c), c.FormValue("note"))
		if err != nil {
			return again(s, c, err, views.Editor{Open: "publish"})
		}
		s.Say(c, parts.Good, locales.T(ctx, "workflows.said.published", "number", made.Number))
		return back(c, id, "", "")
	}
}

// versions lists what was published, and what one of them changed.
func versions(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		found, err := workflowOf(s, c)
		if err != nil {
			return err
		}
		all, err := s.Services.Workflows.Versions(ctx, actor, found.ID)
		if err != nil {
			return err
		}
		p := views.Versions{Frame: s.Frame(c, locales.T(ctx, "workflows.versions.title"), layout.NavWorkflows), Workflow: found, Versions: all, CanManage: actor.Can(account.Manage)}
		if len(all) > 0 {
			p.Shown = all[0].Number
		}
		asked, _ := strconv.Atoi(c.Query("number")) // no number is the newest
		for i, v := range all {
			if v.Number == asked || i == 0 && p.Shown == v.Number {
				p.Shown, p.Changes = v.Number, nil
				if i+1 < len(all) {
					before := all[i+1].Definition
					p.Changes = views.ChangesOf(ctx, &before, &v.Definition, flow.Compare(&before, &v.Definition))
				}
			}
		}
		return web.Render(c, fiber.StatusOK, views.Published(p))
	}
}

// restore makes an earlier version the draft.
func restore(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		number, _ := strconv.Atoi(c.FormValue("number")) // no number is no version
		if err := web.Actor(c).Require(account.Manage); err != nil {
			return err
		}
		if _, err := s.Services.Workflows.Restore(ctx, web.Actor(c), id, revision(c), number); err != nil {
			return again(s, c, err, views.Editor{})
		}
		s.Say(c, parts.Good, locales.T(ctx, "workflows.said.restored", "number", number))
		return back(c, id, "", "")
	}
}
