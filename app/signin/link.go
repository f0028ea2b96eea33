package signin

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/signin"
)

// link shows the button alone: a mail scanner that opens the link uses nothing up.
func link(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		return web.Render(c, fiber.StatusOK, views.Link(views.LinkPage{
			Sheet: s.Sheet(c, locales.T(c.UserContext(), "signin.link.title")),
			Token: c.Params("token"), Next: web.LocalPath(c.Query("next"), readAsked(s, c).Next),
		}))
	}
}

func followLink(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		session, err := s.Services.Accounts.Consume(c.UserContext(), c.Params("token"), c.Cookies(s.BrowserCookie()), device(c))
		if f, ok := errors.AsType[*fail.Error](err); ok && f.Kind != fail.Internal {
			return linkFailed(s, c, f)
		}
		if err != nil {
			return err
		}
		return enter(s, c, session, c.FormValue("next"))
	}
}

// linkFailed says why, and offers the way on: another link, or the page of who is
// signed in already.
func linkFailed(s *web.Site, c *fiber.Ctx, f *fail.Error) error {
	ctx := c.UserContext()
	failure := parts.FailureOf(ctx, f.Key, f.Args)
	return web.Render(c, web.Status(f), views.LinkFailed(views.LinkFailedPage{
		Sheet: s.Sheet(c, failure.Text), Failure: failure, Ask: askPage(s, c, readAsked(s, c), nil),
		SignedInAs: web.Session(c).User.Email,
	}))
}

// enter gives this browser its fresh session. One that it had ends, and so does
// what the sign-in needed.
func enter(s *web.Site, c *fiber.Ctx, session, next string) error {
	if old := web.Session(c); web.IsSignedIn(c) {
		if err := s.Services.Accounts.Revoke(c.UserContext(), old, old.ID); err != nil && !fail.Is(err, fail.NotFound) {
			return err
		}
	}
	s.SetCookie(c, s.SessionCookie(), session, account.SessionLife)
	s.DropCookie(c, s.AskedCookie())
	s.DropCookie(c, s.BrowserCookie())
	return web.Go(c, web.LocalPath(next, "/"))
}
