package plans

import (
	"context"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/vault"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/plans"
)

// page answers with the form of a plan, its draft in words above it.
func page(s *web.Site, c *fiber.Ctx, status int, f views.Form) error {
	title := locales.T(c.UserContext(), "plans.form.new")
	if f.ID != "" {
		title = locales.T(c.UserContext(), "plans.form.change")
	}
	vaults, err := s.Services.Vaults.List(c.UserContext(), web.Actor(c))
	if err != nil {
		return err
	}
	if f.ID == "" && f.Draft.Values["vault_id"] == "" {
		f.Draft.Values["vault_id"] = firstReady(vaults)
	}
	f.GraceDays = s.Services.Config.GraceDays()
	f.Frame, f.Vaults = s.Frame(c, title, layout.NavSources), vaults
	f.Preview = drawn(c.UserContext(), s.Services.Clock.Now(), f.Source, f.Draft, vaults)
	f.Preview.New = f.ID == ""
	return web.Render(c, status, views.Plan(f))
}

func firstReady(vaults []vault.Vault) string {
	for _, v := range vaults {
		if v.State != vault.Failed {
			return v.ID.String()
		}
	}
	return ""
}

// drawn is what the draft would do, or why that can't be told.
func drawn(ctx context.Context, now time.Time, of source.Source, d views.Draft, vaults []vault.Vault) views.Preview {
	in := input(d, of.ID)
	p := views.Preview{SourceID: of.ID, Name: of.Name, Plan: in, Vault: locales.T(ctx, "plans.form.no_vault")}
	for _, v := range vaults {
		if v.ID == in.VaultID {
			p.Vault = v.Name
		}
	}
	var form fail.Form
	scheduleOf(in).Validate(&form)
	in.Keep.Validate(&form)
	if problems := parts.ProblemsOf(ctx, form.Err()); len(problems) > 0 {
		p.Problem = problems[0].Text
		return p
	}
	zone, err := time.LoadLocation(in.Zone)
	runs, nextErr := scheduleOf(in).Preview(now, 5)
	if err := errors.Join(err, nextErr); err != nil {
		p.Problem = parts.ProblemsOf(ctx, err)[0].Text
		return p
	}
	p.Runs, p.Zone = runs, zone
	return p
}

// preview answers GET /sources/{id}/plans/preview: the draft in the address in
// words, while somebody types.
func preview(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		of, err := sourceOf(s, c)
		if err != nil {
			return err
		}
		vaults, err := s.Services.Vaults.List(c.UserContext(), web.Actor(c))
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.Draw(drawn(c.UserContext(), s.Services.Clock.Now(), of, typed(c), vaults)))
	}
}

func sourceOf(s *web.Site, c *fiber.Ctx) (source.Source, error) {
	id, err := web.ID(c, "id")
	if err != nil {
		return source.Source{}, err
	}
	return s.Services.Sources.Get(c.UserContext(), web.Actor(c), id)
}

func planOf(s *web.Site, c *fiber.Ctx) (backup.Plan, error) {
	id, err := web.ID(c, "id")
	if err != nil {
		return backup.Plan{}, err
	}
	return s.Services.Backups.Plan(c.UserContext(), web.Actor(c), id)
}
