// Package workflows serves the list of workflows and the editor of one.
package workflows

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/workflow"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/workflows", list(s))
	r.Get("/workflows/new", ask(s))
	r.Post("/workflows/new", create(s))
	r.Get("/workflows/:id", edit(s))
	r.Post("/workflows/:id", rename(s))
	r.Post("/workflows/:id/deletions", end(s))
	r.Get("/workflows/:id/figures", figures(s))
	r.Post("/workflows/:id/ops", change(s))
	r.Post("/workflows/:id/pauses", pause(s))
	r.Post("/workflows/:id/pins", pin(s))
	r.Post("/workflows/:id/redo", turnBack(s, s.Services.Workflows.Redo))
	r.Post("/workflows/:id/restorations", restore(s))
	r.Post("/workflows/:id/resumptions", resume(s))
	r.Post("/workflows/:id/runs", start(s))
	r.Post("/workflows/:id/tests", try(s))
	r.Get("/workflows/:id/trusts", trusts(s))
	r.Post("/workflows/:id/trusts/:trust/deletions", distrust(s))
	r.Post("/workflows/:id/undo", turnBack(s, s.Services.Workflows.Undo))
	r.Get("/workflows/:id/versions", versions(s))
	r.Post("/workflows/:id/versions", publish(s))
	r.Get("/workflows/:id/yaml", export(s))
	r.Post("/workflows/:id/yaml", replace(s))
}

func workflowOf(s *web.Site, c *fiber.Ctx) (workflow.Workflow, error) {
	id, err := web.ID(c, "id")
	if err != nil {
		return workflow.Workflow{}, err
	}
	return s.Services.Workflows.Get(c.UserContext(), web.Actor(c), id)
}
