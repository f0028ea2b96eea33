package templates

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/workflow/template"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/templates"
)

// gallery is GET /templates?category=…&level=…&q=….
func gallery(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		if err := web.Actor(c).Require(account.View); err != nil {
			return err
		}
		all, err := template.All()
		if err != nil {
			return err
		}
		g := views.Gallery{Category: c.Query("category"), Level: c.Query("level"), Query: strings.TrimSpace(c.Query("q"))}
		pick(ctx, &g, all)
		slices.SortStableFunc(g.Found, func(a, b template.Template) int {
			return slices.Index(template.Categories, a.Category) - slices.Index(template.Categories, b.Category)
		})
		g.Frame = s.Frame(c, locales.T(ctx, "templates.crumb"), layout.NavWorkflows)
		return web.Render(c, fiber.StatusOK, views.Show(g))
	}
}

// pick finds what fits, and counts what would fit with another choice.
func pick(ctx context.Context, g *views.Gallery, all []template.Template) {
	g.Counts, g.Levels = map[string]int{}, map[string]int{}
	for _, t := range all {
		if !fits(ctx, t, g.Query) {
			continue
		}
		ofCategory, ofLevel := g.Category == "" || g.Category == t.Category, g.Level == "" || g.Level == t.Level
		if ofLevel {
			g.Counts[""]++
			g.Counts[t.Category]++
		}
		if ofCategory {
			g.Levels[""]++
			g.Levels[t.Level]++
		}
		if ofCategory && ofLevel {
			g.Found = append(g.Found, t)
		}
	}
}

// fits reports whether every word of the query is in the template's words.
func fits(ctx context.Context, t template.Template, query string) bool {
	words := strings.ToLower(views.Name(ctx, t.ID) + " " + views.About(ctx, t.ID))
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(words, word) {
			return false
		}
	}
	return true
}
