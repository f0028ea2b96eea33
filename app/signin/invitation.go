package signin

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/signin"
)

// invitation shows who invites whom to what; only the POST accepts.
func invitation(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, session := c.UserContext(), web.Session(c)
		offer, err := s.Services.Accounts.Offered(ctx, c.Params("token"))
		if err != nil && !fail.Is(err, fail.NotFound) {
			return err
		}
		p := views.InvitationPage{
			Sheet: s.Sheet(c, locales.T(ctx, "signin.invitation.title")), Token: c.Params("token"),
			Offer: offer, SignedInAs: session.User.Email,
		}
		if err != nil || web.IsSignedIn(c) && !offer.For(session.User) {
			return web.Render(c, fiber.StatusNotFound, views.NotInvited(p))
		}
		return web.Render(c, fiber.StatusOK, views.Invitation(p))
	}
}

func accept(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := s.Services.Accounts.Accept(c.UserContext(), web.Session(c), c.Params("token")); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "signin.invitation.joined"))
		return web.Go(c, "/")
	}
}
