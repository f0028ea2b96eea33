// Package app is the web process: it takes orders and shows what is; jobs do the work.
package app

import (
	"context"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"levqor/app/admin"
	"levqor/app/api"
	"levqor/app/approvals"
	"levqor/app/backups"
	"levqor/app/clock"
	"levqor/app/drills"
	"levqor/app/files"
	"levqor/app/forms"
	"levqor/app/health"
	"levqor/app/help"
	"levqor/app/home"
	"levqor/app/hooks"
	"levqor/app/live"
	"levqor/app/notifications"
	"levqor/app/outbox"
	"levqor/app/palette"
	"levqor/app/plans"
	"levqor/app/restores"
	"levqor/app/runs"
	"levqor/app/settings"
	"levqor/app/signin"
	"levqor/app/snapshots"
	"levqor/app/sources"
	"levqor/app/tasks"
	"levqor/app/templates"
	"levqor/app/vaults"
	"levqor/app/web"
	"levqor/app/workflows"
	"levqor/jobs/services"
	"levqor/locales"
	"levqor/static"
)

const bodyLimit = 1 << 20

// New makes the web process. stop ends streams when the process stops.
func New(stop context.Context, svc *services.Services) (*fiber.App, error) {
	assets, err := static.New()
	if err != nil {
		return nil, err
	}
	var options []locales.Option
	if svc.Config.PseudoLocales {
		options = append(options, locales.Pseudo)
	}
	catalogue, err := locales.Load(options...)
	if err != nil {
		return nil, err
	}
	s := &web.Site{Services: svc, Assets: assets, Catalogue: catalogue, Stop: stop}
	app := fiber.New(fiber.Config{
		AppName: "Levqor", BodyLimit: bodyLimit, DisableStartupMessage: true, ErrorHandler: failure(s), Immutable: true,
		ReadBufferSize: 32 << 10,                                       // an address may hold hundreds of chosen files
		IdleTimeout:    2 * time.Minute, ReadTimeout: 30 * time.Second, // no WriteTimeout: streams and downloads take as long as they take
		EnableTrustedProxyCheck: true, TrustedProxies: svc.Config.TrustedProxy, ProxyHeader: fiber.HeaderXForwardedFor, EnableIPValidation: true,
	})
	app.Use(web.Trace(svc.Log), recover.New(), web.Headers(s.HTTPS()), s.Context, web.Unpacked, web.Readable)
	files.Mount(app, s)
	health.Mount(app, svc)
	app.Use(web.NoStore)
	if err := api.Mount(app, s); err != nil {
		return nil, err
	}
	app.Use("/hooks", s.OutOfQuarantine)
	hooks.Mount(app, s, hooks.Patience)
	app.Use(compress.New(compress.Config{Next: web.IsStream}), web.SameOrigin)
	forms.Mount(app, s)
	signin.Mount(app, s)
	return app, mountPages(app, s)
}

// failure answers programs with a problem and people with a page.
func failure(s *web.Site) fiber.ErrorHandler {
	return func(c *fiber.Ctx, err error) error {
		if errors.Is(err, fiber.ErrRequestEntityTooLarge) {
			web.Drain(c)
		}
		if api.Owns(c) {
			return api.Fail(s, c, err)
		}
		return s.Fail(c, err)
	}
}

// mountPages adds what only signed-in people see, in URL order.
func mountPages(app *fiber.App, s *web.Site) error {
	r := app.Group("/", s.SignedIn)
	if err := admin.Mount(r, s); err != nil {
		return err
	}
	approvals.Mount(r, s)
	backups.Mount(r, s)
	clock.Mount(r, s)
	drills.Mount(r, s)
	help.Mount(r, s)
	home.Mount(r, s)
	live.Mount(r, s)
	notifications.Mount(r, s)
	outbox.Mount(r, s)
	palette.Mount(r, s)
	plans.Mount(r, s)
	restores.Mount(r, s)
	runs.Mount(r, s)
	settings.Mount(r, s)
	snapshots.Mount(r, s)
	sources.Mount(r, s)
	tasks.Mount(r, s)
	templates.Mount(r, s)
	vaults.Mount(r, s)
	workflows.Mount(r, s)
	app.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
	return nil
}
