package settings

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/settings"
)

func profile(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		user := web.Session(c).User
		return showProfile(s, c, account.Profile{Name: user.Name, Locale: user.Locale, TimeZone: user.TimeZone}, nil)
	}
}

func saveProfile(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		in := account.Profile{Name: c.FormValue("name"), Locale: c.FormValue("locale"), TimeZone: c.FormValue("time_zone")}
		spoken := func(l locales.Locale) bool { return l.Code == in.Locale }
		if !slices.ContainsFunc(s.Catalogue.Languages(), spoken) {
			in.Locale = ""
		}
		err := s.Services.Accounts.SaveProfile(c.UserContext(), web.Session(c), in)
		if fail.Is(err, fail.Invalid) {
			return showProfile(s, c, in, err)
		}
		return saved(s, c, err, "/settings")
	}
}

func showProfile(s *web.Site, c *fiber.Ctx, in account.Profile, err error) error {
	return web.Render(c, statusOf(err), views.Profile(views.ProfilePage{
		Base: base(s, c, views.TabProfile), Profile: in, Email: web.Session(c).User.Email,
		Languages: s.Catalogue.Languages(), Problems: parts.ProblemsOf(c.UserContext(), err),
	}))
}

// saveAppearance answers the forms of the frame, which every page has.
func saveAppearance(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		look := account.Appearance{Theme: c.FormValue("theme"), Rail: c.FormValue("rail")}
		if err := s.Services.Accounts.SaveAppearance(c.UserContext(), web.Session(c), look); err != nil {
			return err
		}
		return web.Go(c, web.LocalPath(c.FormValue("back"), "/settings"))
	}
}

// saved goes on to the page after a change, or fails as err says.
func saved(s *web.Site, c *fiber.Ctx, err error, path string) error {
	if err != nil {
		return err
	}
	s.Say(c, parts.Good, locales.T(c.UserContext(), "settings.saved"))
	return web.Go(c, path)
}

func statusOf(err error) int {
	if err == nil {
		return fiber.StatusOK
	}
	return web.Status(err)
}
