package signin

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/locales"
	views "levqor/views/signin"
)

// link shows the button alone: a mail scanner that opens the link uses nothing up.
func link(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		return web.Render(c, fiber.StatusOK, views.Link(views.LinkPage{
			Sheet: s.Sheet(c, locales.T(c.UserContext(), "signin.link.title")),
			Token: c.Params("token"), Next: web.LocalPath(c.Query("next"), "/"),
		}))
	}
}

func followLink(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		session, err := s.Services.Accounts.Consume(c.UserContext(), c.Params("token"), c.Cookies(s.BrowserCookie()), device(c))
		if err != nil {
			return err
		}
		s.SetCookie(c, s.SessionCookie(), session, account.SessionLife)
		return web.Go(c, web.LocalPath(c.FormValue("next"), "/"))
	}
}

// device is what the session remembers of this browser.
func device(c *fiber.Ctx) account.Device {
	return account.Device{UserAgent: c.Get(fiber.HeaderUserAgent), IP: c.IP(), Locale: locales.Lang(c.UserContext())}
}
