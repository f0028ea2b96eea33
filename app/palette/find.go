package palette

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/overview"
)

// find searches for the whole query. When it names nothing, its last word may
// name the thing and the words before it what to do: "restore shop". The view
// keeps what has every word.
func find(s *web.Site, c *fiber.Ctx, query string) (overview.Found, error) {
	ctx, actor := c.UserContext(), web.Actor(c)
	found, err := s.Services.Overview.Search(ctx, actor, query)
	words := strings.Fields(query)
	if err != nil || len(found.Things) > 0 || len(words) < 2 {
		return found, err
	}
	found, err = s.Services.Overview.Search(ctx, actor, words[len(words)-1])
	found.Things = nil
	return found, err
}
