package sources

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/locales"
	"levqor/views/parts"
)

// undo brings a deleted source back and goes to it.
func undo(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := s.Services.Sources.Undelete(ctx, actor, id); err != nil {
			return err
		}
		found, err := s.Services.Sources.Get(ctx, actor, id)
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "sources.said.back", "name", found.Name))
		return web.Go(c, "/sources/"+id.String())
	}
}
