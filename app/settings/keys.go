package settings

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	views "levqor/views/settings"
)

func keys(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		list, err := s.Services.Drills.Keys(c.UserContext(), web.Actor(c))
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.Keys(views.KeysPage{Base: base(s, c, views.TabKeys), Keys: list}))
	}
}
