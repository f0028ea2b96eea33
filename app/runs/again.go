package runs

import (
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/runs"
)

// again is GET /runs/{id}/replays/new: the form with the run's input.
func again(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		return form(s, c, fiber.StatusOK, id, nil, nil)
	}
}

// replay is POST /runs/{id}/replays.
func replay(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		typed := typedInput{text: c.FormValue("input"), live: c.FormValue("version") == "live"}
		input, err := typed.read()
		if err != nil {
			return form(s, c, fiber.StatusUnprocessableEntity, id, &typed, err)
		}
		started, err := s.Services.Workflows.Replay(c.UserContext(), web.Actor(c), id, input, typed.live)
		if fail.Is(err, fail.Invalid) || fail.Is(err, fail.TooLarge) {
			return form(s, c, fiber.StatusUnprocessableEntity, id, &typed, err)
		}
		if err != nil {
			return err
		}
		return web.Go(c, string(views.URL(started.ID)))
	}
}

type typedInput struct {
	text string
	live bool
}

func (t typedInput) read() (input any, err error) {
	if strings.TrimSpace(t.text) == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(t.text), &input); err != nil {
		return nil, &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: "input", Key: "runs.field.input"}}}
	}
	return input, nil
}

func form(s *web.Site, c *fiber.Ctx, status int, id uuid.UUID, typed *typedInput, refused error) error {
	ctx, actor := c.UserContext(), web.Actor(c)
	if err := actor.Require(account.Operate); err != nil {
		return err
	}
	found, err := s.Services.Workflows.Run(ctx, actor, id)
	if err != nil {
		return err
	}
	p := views.Again{Run: found.Run, Input: views.InputText(found.Input), Problems: parts.ProblemsOf(ctx, refused)}
	if typed != nil {
		p.Input, p.OnLive = typed.text, typed.live
	}
	live, err := origin(s, c, found.WorkflowID)
	if err != nil {
		return err
	}
	if live == nil {
		return fail.New(fail.NotFound, "fail.not_found")
	}
	if live.LiveNumber != nil {
		p.Live = *live.LiveNumber
	}
	p.Frame = s.Frame(c, locales.T(ctx, "runs.again.title", "name", found.WorkflowName), layout.NavRuns)
	return web.Render(c, status, views.RunAgain(p))
}
