package signin

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/signin"
)

func ask(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		next := web.LocalPath(c.Query("next"), "/")
		if web.IsSignedIn(c) {
			return web.Go(c, next)
		}
		return web.Render(c, fiber.StatusOK, views.Ask(askPage(s, c, asked{Next: next}, nil)))
	}
}

// sendLink answers the same whether or not somebody has that address.
func sendLink(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		a := asked{Email: c.FormValue("email"), Next: web.LocalPath(c.FormValue("next"), "/")}
		browser := browserOf(s, c)
		err := s.Services.Accounts.AskLink(c.UserContext(), a.Email, browser, device(c))
		if fail.Is(err, fail.Invalid) || fail.Is(err, fail.TooMany) {
			return web.Render(c, web.Status(err), views.Ask(askPage(s, c, a, err)))
		}
		if err != nil {
			return err
		}
		s.SetCookie(c, s.BrowserCookie(), browser, account.LinkLife)
		if err := keepAsked(s, c, a); err != nil {
			return err
		}
		return web.Go(c, "/sign-in/codes")
	}
}

func askPage(s *web.Site, c *fiber.Ctx, a asked, err error) views.AskPage {
	ctx := c.UserContext()
	return views.AskPage{
		Sheet: s.Sheet(c, locales.T(ctx, "signin.ask.title")), Email: a.Email, Next: a.Next,
		Problems: parts.ProblemsOf(ctx, err), Unsent: unsent(s),
	}
}

// unsent reports whether mails stay in the outbox of `levqor dev`.
func unsent(s *web.Site) bool { return s.Services.Config.Dev && s.Services.Config.ResendKey == "" }

// device is what the session remembers of this browser.
func device(c *fiber.Ctx) account.Device {
	return account.Device{
		UserAgent: c.Get(fiber.HeaderUserAgent), IP: c.IP(), Locale: locales.Lang(c.UserContext()), TimeZone: c.FormValue("zone"),
	}
}
