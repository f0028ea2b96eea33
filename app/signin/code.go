package signin

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/signin"
)

// code tells to look into the mail, and takes the six digits of it.
func code(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		a := readAsked(s, c)
		if web.IsSignedIn(c) || a.Email == "" {
			return web.Go(c, "/sign-in")
		}
		return web.Render(c, fiber.StatusOK, views.Code(codePage(s, c, a, nil)))
	}
}

func takeCode(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		digits := strings.Join(strings.Fields(c.FormValue("code")), "")
		session, err := s.Services.Accounts.ConsumeCode(c.UserContext(), digits, c.Cookies(s.BrowserCookie()), device(c))
		if fail.Is(err, fail.Invalid) || fail.Is(err, fail.TooMany) {
			return web.Render(c, web.Status(err), views.Code(codePage(s, c, readAsked(s, c), err)))
		}
		if err != nil {
			return err
		}
		return enter(s, c, session, readAsked(s, c).Next)
	}
}

func codePage(s *web.Site, c *fiber.Ctx, a asked, err error) views.CodePage {
	ctx := c.UserContext()
	return views.CodePage{
		Sheet: s.Sheet(c, locales.T(ctx, "signin.code.title")), Email: a.Email, Next: a.Next,
		Problems: parts.ProblemsOf(ctx, err), Unsent: unsent(s),
	}
}
