package templates

import (
	"fmt"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/template"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/templates"
)

// wizard is GET /templates/{name}.
func wizard(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := web.Actor(c).Require(account.View); err != nil {
			return err
		}
		t, err := template.Find(c.Params("name"))
		if err != nil {
			return err
		}
		answers := map[string]string{}
		for _, need := range t.Needs {
			if need.Default != nil {
				answers[need.Name] = fmt.Sprint(need.Default)
			}
		}
		return render(s, c, t, views.Name(c.UserContext(), t.ID), answers, nil)
	}
}

// use is POST /templates/{name}: it becomes a draft, and nothing runs before that
// is published.
func use(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		t, err := template.Find(c.Params("name"))
		if err != nil {
			return err
		}
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		answers := map[string]string{}
		for _, need := range t.Needs {
			answers[need.Name] = c.FormValue(need.Name)
		}
		definition, err := t.Fill(answers)
		if err != nil {
			return refuse(s, c, t, answers, err)
		}
		id, err := s.Services.Workflows.Create(ctx, actor, c.FormValue("name"), views.About(ctx, t.ID), definition)
		if err != nil {
			return refuse(s, c, t, answers, err)
		}
		return web.Go(c, "/workflows/"+id.String())
	}
}

func refuse(s *web.Site, c *fiber.Ctx, t template.Template, answers map[string]string, err error) error {
	if !fail.Is(err, fail.Invalid) && !fail.Is(err, fail.Conflict) {
		return err
	}
	return render(s, c, t, c.FormValue("name"), answers, err)
}

func render(s *web.Site, c *fiber.Ctx, t template.Template, name string, answers map[string]string, problem error) error {
	ctx, actor := c.UserContext(), web.Actor(c)
	outline, err := t.Outline()
	if err != nil {
		return err
	}
	u := views.Use{Template: t, Outline: outline, Name: name, Answers: answers, Problems: parts.ProblemsOf(ctx, problem), CanManage: actor.Can(account.Manage)}
	if u.Plans, err = s.Services.Backups.Plans(ctx, actor, uuid.Nil); err != nil {
		return err
	}
	if u.Sources, err = s.Services.Sources.List(ctx, actor); err != nil {
		return err
	}
	u.Frame = s.Frame(c, views.Name(ctx, t.ID), layout.NavWorkflows)
	status := fiber.StatusOK
	if problem != nil {
		status = web.Status(problem)
	}
	return web.Render(c, status, views.Wizard(u))
}
