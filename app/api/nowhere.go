package api

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// nowhere answers what no operation does: 405 with the methods that the address
// does take, or 404.
func nowhere(app *fiber.App) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var allowed []string
		for _, route := range app.GetRoutes(true) {
			if strings.HasPrefix(route.Path, "/api/") && fiber.RoutePatternMatch(strings.ToLower(c.Path()), route.Path) && !slices.Contains(allowed, route.Method) {
				allowed = append(allowed, route.Method)
			}
		}
		if len(allowed) == 0 {
			return fiber.ErrNotFound
		}
		slices.Sort(allowed)
		c.Set(fiber.HeaderAllow, strings.Join(allowed, ", "))
		return fiber.ErrMethodNotAllowed
	}
}
