package runs

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/runs"
)

// cancel is POST /runs/{id}/cancellations.
func cancel(s *web.Site) fiber.Handler {
	return steer(func(ctx context.Context, actor account.Actor, id uuid.UUID) error {
		return s.Services.Workflows.Cancel(ctx, actor, id)
	}, func(c *fiber.Ctx) {
		s.Say(c, parts.Good, locales.T(c.UserContext(), "runs.said.canceled"))
	})
}

// retry is POST /runs/{id}/retries: on from the step that failed.
func retry(s *web.Site) fiber.Handler {
	return steer(func(ctx context.Context, actor account.Actor, id uuid.UUID) error {
		return s.Services.Workflows.Retry(ctx, actor, id)
	}, func(c *fiber.Ctx) {
		s.Say(c, parts.Good, locales.T(c.UserContext(), "runs.said.retried"))
	})
}

// cancelStep is POST /runs/{id}/steps/cancellations. The form names the step.
func cancelStep(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		key := c.FormValue("key")
		return steer(func(ctx context.Context, actor account.Actor, id uuid.UUID) error {
			return s.Services.Workflows.CancelStep(ctx, actor, id, key)
		}, func(c *fiber.Ctx) {
			s.Say(c, parts.Good, locales.T(c.UserContext(), "runs.said.step_canceled"))
		})(c)
	}
}

func steer(do func(ctx context.Context, actor account.Actor, id uuid.UUID) error, say func(c *fiber.Ctx)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		if err := do(c.UserContext(), web.Actor(c), id); err != nil {
			return err
		}
		say(c)
		return web.Go(c, string(views.URL(id)))
	}
}
