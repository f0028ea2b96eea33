package admin

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/jobs/recovery"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/recovery"
)

// mountRecovery adds what staff do about Levqor's own database.
func mountRecovery(r fiber.Router, s *web.Site) {
	r.Get(web.RecoveryPath, adminOnly, func(c *fiber.Ctx) error { return showRecovery(s, c, fiber.StatusOK, recovery.Place{}, nil) })
	r.Post(web.RecoveryPath, adminOnly, choosePlace(s))
	r.Post(web.RecoveryPath+"/dumps", adminOnly, dumpNow(s))
	r.Post(web.RecoveryPath+"/kits", adminOnly, recoveryKit(s))
	r.Post(web.RecoveryPath+"/mails/:id/sendings", adminOnly, sendDoubted(s))
	r.Post(web.RecoveryPath+"/releases", adminOnly, releaseQuarantine(s))
}

func showRecovery(s *web.Site, c *fiber.Ctx, status int, form recovery.Place, refused error) error {
	ctx := c.UserContext()
	p := views.Page{Frame: s.Frame(c, locales.T(ctx, "recovery.page.title"), layout.NavJobs), Form: form, Problems: parts.ProblemsOf(ctx, refused)}
	p.NeedsStepUp = web.Actor(c).RequireStepUp(s.Services.Clock.Now()) != nil
	var err error
	if p.State, err = s.Services.Recovery.State(ctx); err != nil {
		return err
	}
	if p.Open, err = s.Services.Recovery.Open(ctx); err != nil {
		return err
	}
	if p.Mails, err = s.Services.Mails.Doubted(ctx); err != nil {
		return err
	}
	return web.Render(c, status, views.Show(p))
}

func choosePlace(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		form := recovery.Place{Path: c.FormValue("path"), Endpoint: c.FormValue("endpoint"), Bucket: c.FormValue("bucket"), Prefix: c.FormValue("prefix"),
			Region: c.FormValue("region"), AccessKey: c.FormValue("access_key"), SecretKey: c.FormValue("secret_key")}
		err := s.Services.Recovery.Choose(c.UserContext(), web.AdminActor(c), form)
		form.SecretKey = ""
		if fail.Is(err, fail.Invalid) || fail.Is(err, fail.Conflict) {
			return showRecovery(s, c, fiber.StatusUnprocessableEntity, form, err)
		}
		if err != nil {
			return err
		}
		return started(s, c, s.Services.Recovery.Sweep)
	}
}

func dumpNow(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error { return started(s, c, s.Services.Recovery.Start) }
}

func started(s *web.Site, c *fiber.Ctx, start func(context.Context) error) error {
	if err := start(c.UserContext()); err != nil {
		return err
	}
	s.Say(c, parts.Good, locales.T(c.UserContext(), "recovery.page.started"))
	return web.Go(c, web.RecoveryPath)
}

func recoveryKit(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		kit, err := s.Services.Recovery.Kit(c.UserContext(), web.AdminActor(c))
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+recovery.KitName+`"`)
		return c.Send(kit)
	}
}

func sendDoubted(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		if err := s.Services.Mails.Send(c.UserContext(), id); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "recovery.page.sent"))
		return web.Go(c, web.RecoveryPath)
	}
}

func releaseQuarantine(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		err := s.Services.Release(c.UserContext(), web.AdminActor(c))
		if fail.Is(err, fail.Conflict) {
			return showRecovery(s, c, fiber.StatusConflict, recovery.Place{}, err)
		}
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "recovery.page.released"))
		return web.Go(c, web.RecoveryPath)
	}
}
