// Package palette finds anything, and does it: the command palette.
package palette

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/palette"
)

// Mount adds GET /palette?q=: the results alone for the dialog, a page for those
// without JavaScript.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/palette", search(s))
}

const longestQuery = 100

func search(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		query := strings.TrimSpace(c.Query("q"))
		if len(query) > longestQuery {
			query = strings.ToValidUTF8(query[:longestQuery], "")
		}
		found, err := find(s, c, query)
		if err != nil {
			return err
		}
		frame := s.Frame(c, locales.T(ctx, "app.palette.label"), layout.NavNone)
		groups := views.Groups(ctx, frame, query, found)
		if web.IsFragment(c) {
			return web.Render(c, fiber.StatusOK, layout.PaletteResults(query, groups))
		}
		return web.Render(c, fiber.StatusOK, views.Search(views.Page{Frame: frame, Query: query, Groups: groups}))
	}
}
