package settings

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/credential"
	"levqor/jobs/fail"
	"levqor/jobs/secret"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/settings"
)

func credentials(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		return showCredentials(s, c, fiber.StatusOK, views.CredentialsPage{Form: credential.Input{Kind: credential.Bearer}}, nil)
	}
}

// addCredential never answers with the secret, not even when it refuses the rest.
func addCredential(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		in := credential.Input{
			Name: c.FormValue("name"), Kind: credential.Kind(c.FormValue("kind")), Host: c.FormValue("host"),
			User: c.FormValue("user"), Header: c.FormValue("header"), Secret: secret.Text(c.FormValue("secret")),
		}
		_, err := s.Services.Credentials.Create(ctx, web.Actor(c), in)
		if fail.Is(err, fail.Invalid) {
			in.Secret = ""
			return showCredentials(s, c, fiber.StatusUnprocessableEntity, views.CredentialsPage{Form: in}, err)
		}
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "credentials.added"))
		return web.Go(c, "/settings/credentials")
	}
}

func deleteCredential(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		if err := s.Services.Credentials.Delete(c.UserContext(), web.Actor(c), id); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "credentials.deleted"))
		return web.Go(c, "/settings/credentials")
	}
}

func showCredentials(s *web.Site, c *fiber.Ctx, status int, p views.CredentialsPage, refused error) (err error) {
	ctx := c.UserContext()
	if p.Credentials, err = s.Services.Credentials.List(ctx, web.Actor(c)); err != nil {
		return err
	}
	p.Base, p.Problems = base(s, c, views.TabCredentials), parts.ProblemsOf(ctx, refused)
	return web.Render(c, status, views.Credentials(p))
}
