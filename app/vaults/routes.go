// Package vaults serves where copies are kept: list, add, look after, recovery kit.
package vaults

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/tasks"
	views "levqor/views/vaults"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/vault-tasks/:id", showTask(s))
	r.Get("/vaults", list(s))
	r.Post("/vaults", create(s))
	r.Get("/vaults/new", add(s))
	r.Get("/vaults/:id", show(s))
	r.Post("/vaults/:id", update(s))
	r.Post("/vaults/:id/deletions", remove(s))
	r.Get("/vaults/:id/recovery-kit", kit(s))
	r.Post("/vaults/:id/recovery-kits", downloadKit(s))
	r.Get("/vaults/:id/settings", settings(s))
	r.Post("/vaults/:id/setups", start(s, s.Services.Vaults.StartSetup))
	r.Post("/vaults/:id/upkeeps", start(s, s.Services.Vaults.StartUpkeep))
}

func showTask(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		of, err := s.Services.Vaults.OfTask(ctx, actor, id)
		if err != nil {
			return err
		}
		found, log, err := s.Services.Tasks.Get(ctx, actor, id)
		if err != nil {
			return err
		}
		title := locales.T(ctx, "task.kind."+string(found.Kind))
		return web.Render(c, fiber.StatusOK, views.Task(views.TaskPage{
			Frame: s.Frame(c, title, layout.NavVaults, string(found.Topic())), Vault: of,
			Card: tasks.Props{Task: found, Log: log, CanCancel: actor.Can(account.Operate), Mend: views.Mend(ctx, of, found, actor.Can(account.Manage))},
		}))
	}
}

func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		found, err := s.Services.Vaults.List(ctx, actor)
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.Vaults(views.List{
			Frame: s.Frame(c, locales.T(ctx, "app.nav.vaults"), layout.NavVaults, "vaults"), Vaults: found, CanManage: actor.Can(account.Manage),
		}))
	}
}

const shownTasks = 10

func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		found, err := vaultOf(s, c)
		if err != nil {
			return err
		}
		page := views.Page{Vault: found, CanManage: actor.Can(account.Manage), CanOperate: actor.Can(account.Operate)}
		if page.Tasks, err = s.Services.Vaults.Tasks(ctx, actor, found.ID, shownTasks); err != nil {
			return err
		}
		if page.Plans, err = plansIn(s, c, found.ID); err != nil {
			return err
		}
		topics := []string{"vaults", "vault-" + found.ID.String(), "backups"}
		if page.Card, err = newest(s, c, found, &topics); err != nil {
			return err
		}
		page.Frame = s.Frame(c, found.Name, layout.NavVaults, topics...)
		page.Frame.Running = found.Task != nil && !found.Task.State.Final()
		return web.Render(c, fiber.StatusOK, views.Show(page))
	}
}

func vaultOf(s *web.Site, c *fiber.Ctx) (vault.Vault, error) {
	id, err := web.ID(c, "id")
	if err != nil {
		return vault.Vault{}, err
	}
	return s.Services.Vaults.Get(c.UserContext(), web.Actor(c), id)
}

func plansIn(s *web.Site, c *fiber.Ctx, id uuid.UUID) (plans []backup.Plan, err error) {
	all, err := s.Services.Backups.Plans(c.UserContext(), web.Actor(c), uuid.Nil)
	for _, p := range all {
		if p.VaultID == id {
			plans = append(plans, p)
		}
	}
	return plans, err
}

// newest is the card of the vault's newest set-up or upkeep, nil without one.
func newest(s *web.Site, c *fiber.Ctx, v vault.Vault, topics *[]string) (*tasks.Props, error) {
	if v.Task == nil {
		return nil, nil
	}
	actor := web.Actor(c)
	found, log, err := s.Services.Tasks.Get(c.UserContext(), actor, v.Task.ID)
	if err != nil {
		return nil, err
	}
	*topics = append(*topics, string(task.Topic(found.ID)))
	return &tasks.Props{Task: found, Log: log, CanCancel: actor.Can(account.Operate),
		Mend: views.Mend(c.UserContext(), v.ID, found, actor.Can(account.Manage))}, nil
}
