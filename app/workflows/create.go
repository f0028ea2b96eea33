package workflows

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/workflow/flow"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/workflows"
)

func ask(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := web.Actor(c).Require(account.Manage); err != nil {
			return err
		}
		return form(s, c, fiber.StatusOK, views.New{})
	}
}

func form(s *web.Site, c *fiber.Ctx, status int, p views.New) error {
	p.Frame = s.Frame(c, locales.T(c.UserContext(), "workflows.new.do"), layout.NavWorkflows)
	return web.Render(c, status, views.Create(p))
}

// create makes the workflow and goes to its editor.
func create(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		typed := views.New{Name: c.FormValue("name"), About: c.FormValue("about"), Start: c.FormValue("start"), YAML: c.FormValue("yaml")}
		var draft flow.Definition
		if typed.Start == "yaml" {
			var err error
			if draft, err = flow.ParseYAML([]byte(typed.YAML)); err != nil {
				typed.Problems = at("yaml", parts.ProblemsOf(ctx, err))
				return form(s, c, fiber.StatusUnprocessableEntity, typed)
			}
		}
		id, err := s.Services.Workflows.Create(ctx, actor, typed.Name, typed.About, draft)
		if refused(err) {
			typed.Problems = parts.ProblemsOf(ctx, err)
			return form(s, c, web.Status(err), typed)
		}
		if err != nil {
			return err
		}
		return web.Go(c, "/workflows/"+id.String())
	}
}

// at puts problems that belong to no field at the one that there is.
func at(field string, problems parts.Problems) parts.Problems {
	for i := range problems {
		if problems[i].Field == "" {
			problems[i].Field = field
		}
	}
	return problems
}
