package signin

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/signin"
)

// confirm asks who is signed in for a code from the mail, before what can't be
// taken back.
func confirm(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		next := web.LocalPath(c.Query("next"), "/")
		if web.Actor(c).RequireStepUp(s.Services.Clock.Now()) == nil {
			return web.Go(c, next)
		}
		return showConfirm(s, c, fiber.StatusOK, next, c.Query("sent") == "1", nil)
	}
}

func sendConfirmation(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		next := web.LocalPath(c.FormValue("next"), "/")
		err := s.Services.Accounts.AskStepUp(c.UserContext(), web.Session(c))
		if fail.Is(err, fail.TooMany) {
			return showConfirm(s, c, web.Status(err), next, true, err)
		}
		if err != nil {
			return err
		}
		return web.Go(c, "/confirm?sent=1&next="+url.QueryEscape(next))
	}
}

func takeConfirmation(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		next := web.LocalPath(c.FormValue("next"), "/")
		digits := strings.Join(strings.Fields(c.FormValue("code")), "")
		err := s.Services.Accounts.ConfirmStepUp(c.UserContext(), web.Session(c), digits)
		if fail.Is(err, fail.Invalid) {
			return showConfirm(s, c, web.Status(err), next, true, err)
		}
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "signin.confirm.done"))
		return web.Go(c, next)
	}
}

func showConfirm(s *web.Site, c *fiber.Ctx, status int, next string, sent bool, err error) error {
	ctx := c.UserContext()
	problem := ""
	if problems := parts.ProblemsOf(ctx, err); len(problems) > 0 {
		problem = problems[0].Text
	}
	return web.Render(c, status, views.Confirm(views.ConfirmPage{
		Sheet: s.Sheet(c, locales.T(ctx, "parts.stepup.title")), Next: next, Email: web.Session(c).User.Email,
		Sent: sent, Problem: problem, Unsent: unsent(s),
	}))
}
