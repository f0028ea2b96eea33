package restores

import (
	"context"
	"io"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/restore"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/restores"
)

func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		p := views.ShowPage{Now: s.Services.Clock.Now(), CanOperate: actor.Can(account.Operate)}
		if p.Restore, err = s.Services.Restores.Get(ctx, actor, id); err != nil {
			return err
		}
		if _, p.Log, err = s.Services.Tasks.Get(ctx, actor, id); err != nil {
			return err
		}
		p.User = userOf(ctx, s, actor, p.Restore.Target)
		if web.IsFragment(c) {
			return web.Render(c, fiber.StatusOK, views.Restore(p))
		}
		p.Frame = s.Frame(c, locales.T(ctx, "restores.page", "name", p.Restore.SubjectName), layout.NavRestores, string(p.Restore.Topic()))
		return web.Render(c, fiber.StatusOK, views.Show(p))
	}
}

// userOf is who connects to the server that a restore went to; "" where nobody
// knows any more.
func userOf(ctx context.Context, s *web.Site, actor account.Actor, t restore.Target) string {
	if t.Server != nil {
		return t.Server.User
	}
	if t.SourceID == nil {
		return ""
	}
	found, err := s.Services.Sources.Get(ctx, actor, *t.SourceID)
	if err != nil || found.Config.Postgres == nil {
		return ""
	}
	return found.Config.Postgres.User
}

// download streams what the link of a download is of.
func download(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		archive, err := s.Services.Restores.OpenDownload(c.UserContext(), web.Actor(c), id)
		if err != nil {
			return err
		}
		return s.Stream(c, web.Grant{Actor: web.Actor(c), Power: account.Operate}, archive.Name, func(ctx context.Context, w io.Writer) error {
			defer func() { _ = archive.Close(ctx) }()
			return archive.WriteZip(ctx, w)
		})
	}
}
