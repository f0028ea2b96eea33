package runs

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/step"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/runs"
)

// show is GET /runs/{id}?step=….
func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		return page(s, c, fiber.StatusOK, id, &views.Run{Asked: c.Query("step"), URL: c.OriginalURL()})
	}
}

// page answers with the run's page; p holds what the request itself brought.
func page(s *web.Site, c *fiber.Ctx, status int, id uuid.UUID, p *views.Run) (err error) {
	ctx, actor := c.UserContext(), web.Actor(c)
	if p.Run, err = s.Services.Workflows.Run(ctx, actor, id); err != nil {
		return err
	}
	if p.Workflow, err = origin(s, c, p.Run.WorkflowID); err != nil {
		return err
	}
	if p.Tasks, err = waitedFor(s, c, p.Run.Waits); err != nil {
		return err
	}
	p.Actor, p.Kinds, p.Now = actor, s.Services.Workflows.Engine().Compiler().Registry, s.Services.Clock.Now()
	if p.Names, err = names(s, c, p); err != nil {
		return err
	}
	if err := whole(s, c, p); err != nil {
		return err
	}
	title := locales.T(ctx, "runs.title", "name", p.Run.WorkflowName, "n", locales.Plain(p.Run.Number))
	p.Frame = s.Frame(c, title, layout.NavRuns, string(engine.Topic(id)))
	p.Frame.Running = p.Run.State == engine.Running
	return web.Render(c, status, views.Show(p))
}

// whole reads the input and output of the step that the page opens, where they were
// too large to come with all others.
func whole(s *web.Site, c *fiber.Ctx, p *views.Run) error {
	opened := p.Opened()
	if opened == nil || !opened.Large {
		return nil
	}
	found, err := s.Services.Workflows.Step(c.UserContext(), web.Actor(c), p.Run.ID, opened.Key)
	if err == nil {
		opened.Input, opened.Output = found.Input, found.Output
	}
	return err
}

// origin is the run's workflow; nil when it was deleted.
func origin(s *web.Site, c *fiber.Ctx, id uuid.UUID) (*workflow.Workflow, error) {
	found, err := s.Services.Workflows.Get(c.UserContext(), web.Actor(c), id)
	if fail.Is(err, fail.NotFound) {
		return nil, nil //nolint:nilnil // a deleted workflow is no failure here
	}
	return &found, err
}

// mostTasks that a page names.
const mostTasks = 5

// waitedFor are the backups, drills and restores that the run waits for.
func waitedFor(s *web.Site, c *fiber.Ctx, waits []workflow.Waiting) (map[uuid.UUID]task.Task, error) {
	found := map[uuid.UUID]task.Task{}
	for _, w := range waits {
		if w.Kind != step.WaitTask || w.RefID == nil || len(found) == mostTasks {
			continue
		}
		t, _, err := s.Services.Tasks.Get(c.UserContext(), web.Actor(c), *w.RefID)
		if err != nil && !fail.Is(err, fail.NotFound) {
			return nil, err
		}
		if err == nil {
			found[*w.RefID] = t
		}
	}
	return found, nil
}
