package restores

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/restores"
)

// form is GET /snapshots/{id}/restores/new?path=…: with nothing else it proposes
// what is usual, otherwise it goes on with a draft.
func form(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f := queryOf(c)
		p, err := pageOf(c, s, f)
		if err != nil {
			return err
		}
		return render(c, s, fiber.StatusOK, p)
	}
}

// check is POST /snapshots/{id}/restores/checks: what the form would do, by
// itself for the open page, on a page of its own without JavaScript.
func check(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f := formOf(c)
		p, err := pageOf(c, s, f)
		if err != nil {
			return err
		}
		summary, err := s.Services.Restores.Check(c.UserContext(), web.Actor(c), f.input(p.Choice))
		status := fiber.StatusOK
		switch {
		case fail.Is(err, fail.Invalid), fail.Is(err, fail.Upstream):
			p.Problems, p.Early = parts.ProblemsOf(c.UserContext(), err), f.one("early") != "" && fail.Is(err, fail.Invalid)
			if !p.Early {
				status = fiber.StatusUnprocessableEntity
			}
		case err != nil:
			return err
		default:
			p.Summary = &summary
		}
		p.Sent = true
		if web.IsFragment(c) {
			return web.Render(c, status, views.Checked(p))
		}
		return render(c, s, status, p)
	}
}

// start is POST /snapshots/{id}/restores. Over live data the person is first
// asked to confirm who they are, and comes back to the form as it was.
func start(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f := formOf(c)
		p, err := pageOf(c, s, f)
		if err != nil {
			return err
		}
		id, err := s.Services.Restores.Start(c.UserContext(), web.Actor(c), f.input(p.Choice))
		switch {
		case err == nil:
			return web.Go(c, "/restores/"+id.String())
		case fail.Is(err, fail.StepUp):
			return web.ConfirmThen(c, p.Draft.Address(p.Choice.SnapshotID.String()))
		case fail.Is(err, fail.Invalid), fail.Is(err, fail.Conflict):
			p.Problems, p.Sent = parts.ProblemsOf(c.UserContext(), err), true
			return render(c, s, web.Status(err), p)
		}
		return err
	}
}

// pageOf reads the form and what it can choose from.
func pageOf(c *fiber.Ctx, s *web.Site, f fields) (p views.NewPage, err error) {
	ctx, actor := c.UserContext(), web.Actor(c)
	id, err := web.ID(c, "id")
	if err != nil {
		return p, err
	}
	p.Draft, p.Lang = f.draft(), c.Query("lang")
	if p.Choice, err = s.Services.Restores.Choose(ctx, actor, id, p.Draft.Paths); err != nil {
		return p, err
	}
	found, err := s.Services.Sources.List(ctx, actor)
	if err != nil {
		return p, err
	}
	for _, other := range found {
		switch {
		case other.ID == p.Choice.SourceID:
		case other.Kind == source.Postgres:
			p.Servers = append(p.Servers, other)
		case other.Kind == source.S3:
			p.Buckets = append(p.Buckets, other)
		}
	}
	p.Confirmed = actor.RequireStepUp(s.Services.Clock.Now()) == nil
	propose(&p)
	return p, nil
}

// propose fills in what nobody has typed yet.
func propose(p *views.NewPage) {
	d := &p.Draft
	if d.To == "" {
		d.To, d.Folder = views.Usual(p.Choice), p.Choice.Folder
	}
	if len(d.CopyNames) == 0 {
		d.CopyNames = namesOf(p.Choice)
	}
	if len(d.ServerNames) == 0 {
		d.ServerNames = namesOf(p.Choice)
	}
	if d.ServerSource == "" {
		d.ServerSource = firstOf(p.Servers)
	}
	if d.BucketSource == "" {
		d.BucketSource = firstOf(p.Buckets)
	}
	if d.Server.TLS == "" {
		d.Server.TLS = "require"
	}
}

func namesOf(c restore.Choice) map[string]string {
	names := map[string]string{}
	for _, d := range c.Databases {
		names[d.From] = d.To
	}
	return names
}

func firstOf(sources []source.Source) string {
	if len(sources) == 0 {
		return views.NewServer
	}
	return sources[0].ID.String()
}

func render(c *fiber.Ctx, s *web.Site, status int, p views.NewPage) error {
	p.Frame = s.Frame(c, locales.T(c.UserContext(), "restores.new_page", "name", p.Choice.SourceName), layout.NavRestores)
	return web.Render(c, status, views.New(p))
}
