package vaults

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/vaults"
)

// start begins a set-up or an upkeep and shows it on the vault's page.
func start(s *web.Site, begin func(context.Context, account.Actor, uuid.UUID) (uuid.UUID, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		if _, err := begin(c.UserContext(), web.Actor(c), id); err != nil {
			return err
		}
		return web.Go(c, "/vaults/"+id.String())
	}
}

func kit(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := web.Actor(c).Require(account.Manage); err != nil {
			return err
		}
		found, err := vaultOf(s, c)
		if err != nil {
			return err
		}
		title := locales.T(c.UserContext(), "vaults.kit.title")
		return web.Render(c, fiber.StatusOK, views.Kit(s.Frame(c, title, layout.NavVaults, "vault-"+found.ID.String()), found))
	}
}

// downloadKit answers with the key of the vault: the domain asks for step-up.
func downloadKit(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		kit, err := s.Services.Backups.Kit(ctx, web.Actor(c), id)
		if err != nil {
			return err
		}
		c.Attachment(kit.FileName)
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
		return c.Send(kit.Text(func(key string, pairs ...any) string { return locales.T(ctx, key, pairs...) }))
	}
}
