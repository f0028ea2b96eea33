package plans

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/parts"
)

// backUp starts a backup and goes to it.
func backUp(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		started, err := s.Services.Backups.Start(c.UserContext(), web.Actor(c), id)
		if err != nil {
			return err
		}
		return web.Go(c, "/backups/"+started.String())
	}
}

func pause(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := turn(s, c, s.Services.Backups.Pause); err != nil {
			return err
		}
		s.Say(c, parts.Neutral, locales.T(c.UserContext(), "plans.said.paused"))
		return web.Go(c, web.Back(c, "/sources"))
	}
}

func resume(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := turn(s, c, s.Services.Backups.Resume); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "plans.said.resumed"))
		return web.Go(c, web.Back(c, "/sources"))
	}
}

// undo takes back a deletion, or what changes would let go of.
func undo(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := turn(s, c, s.Services.Backups.Undo); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "plans.said.undone"))
		return web.Go(c, web.Back(c, "/sources"))
	}
}

func turn(s *web.Site, c *fiber.Ctx, do func(context.Context, account.Actor, uuid.UUID) error) error {
	id, err := web.ID(c, "id")
	if err != nil {
		return err
	}
	return do(c.UserContext(), web.Actor(c), id)
}
