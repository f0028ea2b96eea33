package vaults

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/secret"
	"levqor/jobs/vault"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/vaults"
)

func add(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := web.Actor(c).Require(account.Manage); err != nil {
			return err
		}
		in := vault.Input{Kind: vault.Filesystem}
		if vault.Kind(c.Query("kind")) == vault.S3 {
			in.Kind = vault.S3
		}
		return renderNew(s, c, in, nil)
	}
}

func create(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		in := inputOf(c)
		in.Kind = vault.Kind(c.FormValue("kind"))
		id, _, err := s.Services.Vaults.Create(c.UserContext(), web.Actor(c), in)
		if refused(err) {
			return renderNew(s, c, in, err)
		}
		if err != nil {
			return err
		}
		return web.Go(c, "/vaults/"+id.String())
	}
}

func settings(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := web.Actor(c).Require(account.Manage); err != nil {
			return err
		}
		found, err := vaultOf(s, c)
		if err != nil {
			return err
		}
		return renderSettings(s, c, found, inputFrom(found), nil)
	}
}

func update(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		found, err := vaultOf(s, c)
		if err != nil {
			return err
		}
		revision, err := strconv.Atoi(c.FormValue("revision"))
		if err != nil || revision < 1 {
			return fail.New(fail.Invalid, "fail.malformed")
		}
		in := inputOf(c)
		in.Kind = found.Kind
		err = s.Services.Vaults.Update(ctx, web.Actor(c), found.ID, revision, in)
		if refused(err) {
			return renderSettings(s, c, found, in, err)
		}
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "vaults.said.saved", "name", in.Name))
		return web.Go(c, "/vaults/"+found.ID.String())
	}
}

func remove(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		found, err := vaultOf(s, c)
		if err != nil {
			return err
		}
		if err := web.Actor(c).Require(account.Manage); err != nil {
			return err
		}
		if strings.TrimSpace(c.FormValue("confirm")) != strings.TrimSpace(found.Name) {
			var form fail.Form
			form.Add("confirm", "vaults.delete.confirm")
			err = form.Err()
		} else {
			err = s.Services.Vaults.Delete(ctx, web.Actor(c), found.ID)
		}
		if refused(err) {
			return renderSettings(s, c, found, inputFrom(found), err)
		}
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(ctx, "vaults.said.deleted", "name", found.Name))
		return web.Go(c, "/vaults")
	}
}

// refused reports whether the form is shown again with what was wrong.
func refused(err error) bool { return fail.Is(err, fail.Invalid) || fail.Is(err, fail.Conflict) }

func inputOf(c *fiber.Ctx) vault.Input {
	text := func(name string) string { return strings.TrimSpace(c.FormValue(name)) }
	return vault.Input{
		Name: text("name"), Path: text("path"), Endpoint: text("endpoint"), Region: text("region"), Bucket: text("bucket"),
		Prefix: text("prefix"), AccessKey: text("access_key"), SecretKey: secret.Text(text("secret_key")),
	}
}

func inputFrom(v vault.Vault) vault.Input {
	at := v.Location
	return vault.Input{Name: v.Name, Kind: v.Kind, Path: at.Path, Endpoint: at.Endpoint, Region: at.Region, Bucket: at.Bucket, Prefix: at.Prefix, AccessKey: at.AccessKey}
}

func renderNew(s *web.Site, c *fiber.Ctx, in vault.Input, err error) error {
	ctx := c.UserContext()
	return web.Render(c, statusOf(err), views.New(views.Form{
		Frame: s.Frame(c, locales.T(ctx, "vaults.form.new"), layout.NavVaults), Input: in, Roots: s.Services.Vaults.Roots(),
		Problems: parts.ProblemsOf(ctx, err),
	}))
}

func renderSettings(s *web.Site, c *fiber.Ctx, found vault.Vault, in vault.Input, err error) error {
	ctx := c.UserContext()
	return web.Render(c, statusOf(err), views.Settings(views.Form{
		Frame: s.Frame(c, locales.T(ctx, "vaults.settings.title"), layout.NavVaults), Vault: found, Input: in, Problems: parts.ProblemsOf(ctx, err),
	}))
}

func statusOf(err error) int {
	if err == nil {
		return fiber.StatusOK
	}
	return web.Status(err)
}
