package sources

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/drill"
	"levqor/jobs/task"
	"levqor/views/layout"
	views "levqor/views/sources"
	"levqor/views/tasks"
)

const (
	shownRuns      = 8
	shownSnapshots = 6
)

// show is a source's own page.
func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		found, err := find(s, c)
		if err != nil {
			return err
		}
		actor := web.Actor(c)
		p := views.Show{Source: found, Can: rights(actor), Now: s.Services.Clock.Now()}
		if err := read(s, c, &p); err != nil {
			return err
		}
		topics := []string{"source-" + found.ID.String()}
		if running := runningOf(p); running != uuid.Nil {
			card := tasks.Props{CanCancel: actor.Can(account.Operate)}
			if card.Task, card.Log, err = s.Services.Tasks.Get(c.UserContext(), actor, running); err != nil {
				return err
			}
			p.Active, p.Busy = tasks.Card(card), card.Task.Kind == task.Backup
			topics = append(topics, string(card.Task.Topic()))
		}
		p.Frame = s.Frame(c, found.Name, layout.NavSources, topics...)
		return web.Render(c, fiber.StatusOK, views.One(p))
	}
}

// read adds what the page shows of the source.
func read(s *web.Site, c *fiber.Ctx, p *views.Show) (err error) {
	ctx, actor, id := c.UserContext(), web.Actor(c), p.Source.ID
	if p.Facts, err = s.Services.Overview.SourceFacts(ctx, actor, id); err != nil {
		return err
	}
	if p.Plans, err = s.Services.Backups.Plans(ctx, actor, id); err != nil {
		return err
	}
	if p.Ended, err = s.Services.Backups.DeletedPlans(ctx, actor, id); err != nil {
		return err
	}
	if p.Backups, err = s.Services.Backups.List(ctx, actor, backup.BackupFilter{SourceID: id, Limit: shownRuns}); err != nil {
		return err
	}
	if p.Drills, err = s.Services.Drills.List(ctx, actor, drill.Filter{SourceID: id, Limit: shownRuns}); err != nil {
		return err
	}
	p.Snapshots, err = s.Services.Backups.Snapshots(ctx, actor, backup.SnapshotFilter{SourceID: id, Limit: shownSnapshots})
	return err
}

// runningOf is the backup that runs or waits, else the drill that does.
func runningOf(p views.Show) uuid.UUID {
	for _, b := range p.Backups {
		if !b.State.Final() {
			return b.ID
		}
	}
	for _, d := range p.Drills {
		if !d.State.Final() {
			return d.ID
		}
	}
	return uuid.Nil
}
