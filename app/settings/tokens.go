package settings

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/settings"
)

const usualTokenDays = 90

func tokens(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		form := account.TokenInput{Scopes: []string{string(account.ScopeRead)}, Days: usualTokenDays}
		return showTokens(s, c, fiber.StatusOK, views.TokensPage{Form: form}, nil)
	}
}

// createToken answers with the page that shows the token, this once: it is kept
// nowhere, so there is nothing to redirect to.
func createToken(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		days, err := strconv.Atoi(c.FormValue("days"))
		if err != nil {
			days = -1
		}
		form := account.TokenInput{Name: c.FormValue("name"), Days: days}
		if scope := c.FormValue("scopes"); scope != "" {
			form.Scopes = []string{scope}
		}
		words, err := s.Services.Accounts.CreateToken(c.UserContext(), web.Actor(c), form)
		if fail.Is(err, fail.Invalid) {
			return showTokens(s, c, fiber.StatusUnprocessableEntity, views.TokensPage{Form: form}, err)
		}
		if err != nil {
			return err
		}
		return showTokens(s, c, fiber.StatusCreated, views.TokensPage{Made: words, MadeName: form.Name}, nil)
	}
}

func revokeToken(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		if err := s.Services.Accounts.RevokeToken(c.UserContext(), web.Actor(c), id); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "settings.tokens.revoked"))
		return web.Go(c, "/settings/tokens")
	}
}

func showTokens(s *web.Site, c *fiber.Ctx, status int, p views.TokensPage, refused error) error {
	ctx, actor := c.UserContext(), web.Actor(c)
	list, err := s.Services.Accounts.Tokens(ctx, actor)
	if err != nil {
		return err
	}
	p.Base, p.Tokens, p.BaseURL = base(s, c, views.TabTokens), list, s.Services.Config.BaseURL
	p.NeedsStepUp = actor.RequireStepUp(s.Services.Clock.Now()) != nil
	p.Problems = parts.ProblemsOf(ctx, refused)
	return web.Render(c, status, views.Tokens(p))
}
