package sources

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/overview"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/sources"
)

func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		found, err := s.Services.Sources.List(ctx, actor)
		if err != nil {
			return err
		}
		deleted, err := s.Services.Sources.Deleted(ctx, actor)
		if err != nil {
			return err
		}
		home, err := s.Services.Overview.Home(ctx, actor)
		if err != nil {
			return err
		}
		states := map[uuid.UUID]overview.Source{}
		for _, state := range home.Sources {
			states[state.ID] = state
		}
		return web.Render(c, fiber.StatusOK, views.Sources(views.List{
			Frame:   s.Frame(c, locales.T(ctx, "app.nav.sources"), layout.NavSources, "backups", "drills", "sources"),
			Sources: found, Deleted: deleted, States: states, Sample: s.Services.Sources.HasSample(), CanManage: actor.Can(account.Manage),
		}))
	}
}
