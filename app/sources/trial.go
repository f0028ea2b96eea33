package sources

import (
	"errors"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/plans"
	views "levqor/views/sources"
)

// test starts a connection test and goes to it; one that runs already is the one.
func test(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		started, err := s.Services.Sources.StartTest(c.UserContext(), web.Actor(c), id)
		if fail.Is(err, fail.Conflict) {
			started, err = runs(s, c, id, err)
		}
		if err != nil {
			return err
		}
		return web.Go(c, "/source-tests/"+started.String())
	}
}

// runs is the test of the source that was in the way of another.
func runs(s *web.Site, c *fiber.Ctx, id uuid.UUID, busy error) (uuid.UUID, error) {
	found, err := s.Services.Sources.Get(c.UserContext(), web.Actor(c), id)
	if err != nil || found.Test == nil {
		return uuid.Nil, errors.Join(busy, err)
	}
	return found.Test.ID, nil
}

// trial shows a connection test, step by step.
func trial(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		found, err := s.Services.Sources.GetTest(ctx, actor, id)
		if err != nil {
			return err
		}
		of, err := s.Services.Sources.Get(ctx, actor, found.SourceID)
		if err != nil {
			return err
		}
		made, err := s.Services.Backups.Plans(ctx, actor, of.ID)
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.Test(views.Trial{
			Frame:  s.Frame(c, locales.T(ctx, "sources.test.page", "name", of.Name), layout.NavSources, topicsOf(found)...),
			Source: of, Test: found, HasPlan: len(made) > 0, Can: rights(actor), Now: s.Services.Clock.Now(),
		}))
	}
}

func topicsOf(t source.Test) []string {
	if t.State.Final() {
		return nil
	}
	return []string{string(t.Topic())}
}

func rights(actor account.Actor) plans.Rights {
	return plans.Rights{Manage: actor.Can(account.Manage), Operate: actor.Can(account.Operate)}
}
