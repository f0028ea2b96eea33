package sources

import (
	"errors"
	"os/user"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/sources"
)

// ask shows the form of a new source; ?kind= chooses which.
func ask(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := web.Actor(c).Require(account.Manage); err != nil {
			return err
		}
		return page(s, c, fiber.StatusOK, views.Form{Kind: kindOf(c.Query("kind")), Values: typed(c, fresh())})
	}
}

// create adds the source and goes to its first test.
func create(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		f := views.Form{Kind: kindOf(c.FormValue("kind")), Values: typed(c, nil)}
		in := input(c, f.Kind, f.Values)
		_, test, err := s.Services.Sources.Create(ctx, actor, in)
		if isAboutFields(err) {
			f.Problems, f.Forgotten = parts.ProblemsOf(ctx, err), in.Secret != ""
			return page(s, c, fiber.StatusUnprocessableEntity, f)
		}
		if err != nil {
			return err
		}
		return web.Go(c, "/source-tests/"+test.String())
	}
}

// sample adds the sample database, or goes to the one that is there.
func sample(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		_, test, err := s.Services.Sources.EnsureSample(c.UserContext(), web.Actor(c))
		if err != nil {
			return err
		}
		return web.Go(c, "/source-tests/"+test.String())
	}
}

func page(s *web.Site, c *fiber.Ctx, status int, f views.Form) error {
	f.Frame = s.Frame(c, locales.T(c.UserContext(), "sources.form.new"), layout.NavSources)
	f.Sample = s.Services.Sources.HasSample()
	furnish(s, &f)
	return web.Render(c, status, views.Access(f))
}

// furnish adds what the grant of a folder names.
func furnish(s *web.Site, f *views.Form) {
	f.Roots = s.Services.Sources.Roots()
	if me, err := user.Current(); err == nil {
		f.User = me.Username
	}
}

// kindOf is Postgres unless another kind is asked for.
func kindOf(text string) source.Kind {
	switch kind := source.Kind(text); kind {
	case source.Folder, source.S3:
		return kind
	default:
		return source.Postgres
	}
}

// isAboutFields reports whether a form is to be shown again: with wrong inputs,
// or a name that is taken.
func isAboutFields(err error) bool {
	f, ok := errors.AsType[*fail.Error](err)
	return ok && (f.Kind == fail.Invalid || len(f.Fields) > 0)
}
