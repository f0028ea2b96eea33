// Package outbox shows the mails of `levqor dev`, as they would have been sent.
package outbox

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/jobs/mail"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/mails"
	views "levqor/views/outbox"
)

// Mount adds the outbox, in dev without a mail service alone: its mails hold
// sign-in links of everybody.
func Mount(r fiber.Router, s *web.Site) {
	if !s.Services.Config.Dev || s.Services.Config.ResendKey != "" {
		return
	}
	r.Get("/outbox", list(s))
	r.Get("/outbox/:id", show(s))
	r.Get("/outbox/:id/html", html(s))
}

const shown = 100

func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		kept, err := s.Services.Mails.Outbox(c.UserContext(), shown)
		if err != nil {
			return err
		}
		page := views.List{Frame: s.Frame(c, locales.T(c.UserContext(), "app.nav.outbox"), layout.NavOutbox)}
		for _, k := range kept {
			rendered, err := render(s, c, k)
			if err != nil {
				return err
			}
			page.Mails = append(page.Mails, views.Mail{Kept: k, Rendered: rendered})
		}
		return web.Render(c, fiber.StatusOK, views.Outbox(page))
	}
}

func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		kept, rendered, err := find(s, c)
		if err != nil {
			return err
		}
		c.Set("Content-Security-Policy", web.ContentPolicy+"; frame-src 'self'")
		return web.Render(c, fiber.StatusOK, views.Show(s.Frame(c, rendered.Subject, layout.NavOutbox), views.Mail{Kept: kept, Rendered: rendered, Lang: c.Query("lang")}))
	}
}

// sheet is what a mail may do in the browser: be looked at. It has inline styles,
// as mail programs want them, and no script, no origin of ours, no pictures from
// elsewhere; its links open beside it.
const sheet = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; " +
	"sandbox allow-popups allow-popups-to-escape-sandbox"

func html(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		_, rendered, err := find(s, c)
		if err != nil {
			return err
		}
		c.Set("Content-Security-Policy", sheet)
		c.Set("X-Frame-Options", "SAMEORIGIN")
		return c.Type("html", "utf-8").SendString(mails.InNewTabs(rendered.HTML))
	}
}

func find(s *web.Site, c *fiber.Ctx) (mail.Kept, mail.Rendered, error) {
	id, err := web.ID(c, "id")
	if err != nil {
		return mail.Kept{}, mail.Rendered{}, err
	}
	kept, err := s.Services.Mails.Outbox(c.UserContext(), 2*shown)
	if err != nil {
		return mail.Kept{}, mail.Rendered{}, err
	}
	at := slices.IndexFunc(kept, func(k mail.Kept) bool { return k.ID == id })
	if at < 0 {
		return mail.Kept{}, mail.Rendered{}, fail.New(fail.NotFound, "fail.not_found")
	}
	rendered, err := render(s, c, kept[at])
	return kept[at], rendered, err
}

// render writes the mail in its own language, as the worker does, unless the
// address asks for another.
func render(s *web.Site, c *fiber.Ctx, k mail.Kept) (mail.Rendered, error) {
	locale := s.Catalogue.Match(c.Query("lang"), k.Locale, "", "")
	ctx := locales.WithZone(s.Catalogue.With(c.UserContext(), locale.Code), time.UTC)
	return mails.Render(ctx, s.Services.Config.BaseURL, k.Message)
}
