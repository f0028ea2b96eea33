package snapshots

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/snapshots"
)

// remove is POST /snapshots/{id}/deletions with confirm, the id as people see it.
func remove(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := errors.Join(actor.Require(account.Manage), actor.RequireStepUp(s.Services.Clock.Now())); err != nil {
			return err
		}
		if strings.TrimSpace(c.FormValue("confirm")) != backup.ShortID(id) {
			return showOne(s, c, fiber.StatusUnprocessableEntity, views.HoldForm{}, locales.T(ctx, "snapshots.delete.wrong", "id", backup.ShortID(id)))
		}
		if err := s.Services.Backups.Delete(ctx, actor, id); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "snapshots.delete.done", "id", backup.ShortID(id)))
		return web.Go(c, "/snapshots")
	}
}
