package drills

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/parts"
)

// startAll proves every source; the list then shows them at work.
func startAll(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		started, err := s.Services.Drills.StartAll(ctx, web.Actor(c))
		if err != nil {
			return err
		}
		s.Say(c, parts.Now, locales.N(ctx, "drills.started", started))
		return web.Go(c, "/drills")
	}
}

// start proves the newest copy of a plan.
func start(s *web.Site) fiber.Handler { return startBy(s.Services.Drills.Start) }

// startSnapshot proves that one copy.
func startSnapshot(s *web.Site) fiber.Handler { return startBy(s.Services.Drills.StartSnapshot) }

func startBy(order func(context.Context, account.Actor, uuid.UUID) (uuid.UUID, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		drill, err := order(c.UserContext(), web.Actor(c), id)
		if err != nil {
			return err
		}
		return web.Go(c, "/drills/"+drill.String())
	}
}
