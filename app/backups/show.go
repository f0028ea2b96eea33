package backups

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/locales"
	views "levqor/views/backups"
	"levqor/views/layout"
)

// show is GET /backups/{id}: live while the run goes on, afterwards what it left.
func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		ctx, actor := c.UserContext(), web.Actor(c)
		p := views.Run{Operate: actor.Can(account.Operate), Manage: actor.Can(account.Manage), Now: s.Services.Clock.Now()}
		if p.Backup, err = s.Services.Backups.Get(ctx, actor, id); err != nil {
			return err
		}
		if _, p.Log, err = s.Services.Tasks.Get(ctx, actor, id); err != nil {
			return err
		}
		if err := around(s, c, &p); err != nil {
			return err
		}
		title := locales.T(ctx, "task.of", "kind", locales.T(ctx, "task.kind.backup"), "name", p.Backup.SubjectName)
		p.Frame = s.Frame(c, title, layout.NavBackups, string(p.Backup.Topic()))
		return web.Render(c, fiber.StatusOK, views.Show(p))
	}
}

// around adds what the run left, and the plan and the run before it, where there
// are such.
func around(s *web.Site, c *fiber.Ctx, p *views.Run) error {
	ctx, actor, b := c.UserContext(), web.Actor(c), p.Backup
	plan, err := s.Services.Backups.Plan(ctx, actor, b.PlanID)
	if err == nil {
		p.Plan = &plan
	} else if !fail.Is(err, fail.NotFound) {
		return err
	}
	if b.SnapshotID != nil {
		since, err := s.Services.Backups.Since(ctx, actor, *b.SnapshotID)
		if err != nil {
			return err
		}
		p.Left = &since
	}
	last, err := s.Services.Backups.List(ctx, actor, backup.BackupFilter{PlanID: b.PlanID, State: task.Succeeded, Before: b.CreatedAt, BeforeID: b.ID, Limit: 1})
	if err == nil && len(last) > 0 {
		p.Last = &last[0].Task
	}
	return err
}
