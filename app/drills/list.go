package drills

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/drill"
	"levqor/jobs/source"
	"levqor/locales"
	views "levqor/views/drills"
	"levqor/views/layout"
	"levqor/views/parts"
)

const pageSize = 50

func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		p := views.Page{Source: c.Query("source"), Result: c.Query("result"), URL: c.OriginalURL(), CanProve: actor.Can(account.Operate)}
		filter, err := filterOf(c, s)
		if err != nil {
			return err
		}
		if p.Drills, err = s.Services.Drills.List(ctx, actor, filter); err != nil {
			return err
		}
		if len(p.Drills) == 0 && filter.SourceID != uuid.Nil {
			if _, err := s.Services.Sources.Get(ctx, actor, filter.SourceID); err != nil {
				return err
			}
		}
		sources, err := s.Services.Sources.List(ctx, actor)
		if err != nil {
			return err
		}
		p.Sources, p.Pages = options(ctx, sources), pages(c, &p)
		p.Frame = s.Frame(c, locales.T(ctx, "drills.title"), layout.NavSources, "drills")
		return web.Render(c, fiber.StatusOK, views.List(p))
	}
}

// filterOf reads the address.
func filterOf(c *fiber.Ctx, s *web.Site) (f drill.Filter, err error) {
	f.Limit = pageSize + 1
	if result := c.Query("result"); result == "proven" || result == "failed" {
		passed := result == "proven"
		f.Passed = &passed
	}
	if f.SourceID, err = web.QueryID(c, "source"); err != nil {
		return f, err
	}
	f.Before, f.BeforeID, err = web.Before(c)
	return f, err
}

// pages cuts the row that only tells that there are more.
func pages(c *fiber.Ctx, p *views.Page) (out parts.PageProps) {
	if c.Query("before") != "" {
		out.Newest = web.With(c, "before", "")
	}
	if len(p.Drills) > pageSize {
		p.Drills = p.Drills[:pageSize]
		last := p.Drills[pageSize-1]
		out.Older = web.With(c, "before", web.Cursor(last.CreatedAt, last.ID))
	}
	return out
}

func options(ctx context.Context, sources []source.Source) []parts.Option {
	out := []parts.Option{{Label: locales.T(ctx, "drills.filter.sources")}}
	for _, found := range sources {
		out = append(out, parts.Option{Value: found.ID.String(), Label: found.Name})
	}
	return out
}
