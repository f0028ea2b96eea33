package runs

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/workflow/step"
	"levqor/locales"
	views "levqor/views/runs"
)

// names are those of what the run's questions name by its id, so that a person
// decides on what they know.
func names(s *web.Site, c *fiber.Ctx, p *views.Run) (map[string]string, error) {
	ctx, actor := c.UserContext(), web.Actor(c)
	found := map[string]string{}
	for kind := range p.Named() {
		switch kind {
		case step.Credential:
			all, err := s.Services.Credentials.List(ctx, actor)
			if err != nil {
				return nil, err
			}
			for _, v := range all {
				found[v.ID.String()] = v.Name + " (" + v.Host + ")"
			}
		case step.Plan:
			all, err := s.Services.Backups.Plans(ctx, actor, uuid.Nil)
			if err != nil {
				return nil, err
			}
			for _, v := range all {
				found[v.ID.String()] = locales.T(ctx, "workflows.plan", "source", v.SourceName, "vault", v.VaultName)
			}
		case step.Source:
			all, err := s.Services.Sources.List(ctx, actor)
			if err != nil {
				return nil, err
			}
			for _, v := range all {
				found[v.ID.String()] = v.Name
			}
		case step.Workflow:
			all, err := s.Services.Workflows.List(ctx, actor)
			if err != nil {
				return nil, err
			}
			for _, v := range all {
				found[v.ID.String()] = v.Name
			}
		}
	}
	return found, nil
}
