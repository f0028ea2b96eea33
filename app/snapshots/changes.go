package snapshots

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	views "levqor/views/snapshots"
)

const shownChanges = 100

// changes is GET /snapshots/{id}/changes?after=….
func changes(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		one, _, err := around(s, c, views.TabChanges)
		if err != nil {
			return err
		}
		p := views.Changed{One: one, After: c.Query("after")}
		p.Changes, err = s.Services.Backups.Changes(c.UserContext(), web.Actor(c), one.Snapshot.ID, p.After, shownChanges)
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.ShowChanges(p))
	}
}
