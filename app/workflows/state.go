package workflows

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/workflows"
)

func pause(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := turn(s, c, s.Services.Workflows.Pause); err != nil {
			return err
		}
		s.Say(c, parts.Neutral, locales.T(c.UserContext(), "workflows.said.paused"))
		return web.Go(c, web.Back(c, "/workflows"))
	}
}

func resume(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := turn(s, c, s.Services.Workflows.Resume); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "workflows.said.resumed"))
		return web.Go(c, web.Back(c, "/workflows"))
	}
}

func turn(s *web.Site, c *fiber.Ctx, do func(context.Context, account.Actor, uuid.UUID) error) error {
	id, err := web.ID(c, "id")
	if err != nil {
		return err
	}
	return do(c.UserContext(), web.Actor(c), id)
}

func rename(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		name, about := c.FormValue("name"), c.FormValue("about")
		if err := s.Services.Workflows.Rename(ctx, web.Actor(c), id, name, about); err != nil {
			return again(s, c, err, views.Editor{Open: "rename", Name: name, About: about})
		}
		s.Say(c, parts.Good, locales.T(ctx, "workflows.said.renamed"))
		return web.Go(c, "/workflows/"+id.String())
	}
}

// end deletes the workflow once its name was typed.
func end(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		found, err := workflowOf(s, c)
		if err != nil {
			return err
		}
		if strings.TrimSpace(c.FormValue("confirm")) != found.Name {
			wrong := parts.Problems{{Field: "confirm", Text: locales.T(ctx, "workflows.delete.wrong", "name", found.Name)}}
			return page(s, c, fiber.StatusUnprocessableEntity, found, views.Editor{Open: "delete", Wrong: wrong})
		}
		if err := s.Services.Workflows.Delete(ctx, actor, found.ID); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "workflows.said.deleted"))
		return web.Go(c, "/workflows")
	}
}

// start runs the live version now, and shows the run on the cards.
func start(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Operate); err != nil {
			return err
		}
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		var input any
		if text := strings.TrimSpace(c.FormValue("input")); text != "" {
			if json.Unmarshal([]byte(text), &input) != nil {
				return again(s, c, &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: "input", Key: "workflows.field.json"}}}, views.Editor{Open: "start"})
			}
		}
		started, err := s.Services.Workflows.Start(ctx, actor, id, input)
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "workflows.said.started", "number", started.Number))
		return web.Go(c, "/workflows/"+id.String()+"?run="+started.ID.String())
	}
}
