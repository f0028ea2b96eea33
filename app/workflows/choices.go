package workflows

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/workflow"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/workflows"
)

// choices are what a setting may name. The workflow itself is not among them.
func choices(s *web.Site, c *fiber.Ctx, of workflow.Workflow) (all views.Choices, err error) {
	ctx, actor := c.UserContext(), web.Actor(c)
	sources, err := s.Services.Sources.List(ctx, actor)
	if err != nil {
		return all, err
	}
	for _, v := range sources {
		all.Sources = append(all.Sources, parts.Option{Value: v.ID.String(), Label: v.Name})
	}
	found, err := s.Services.Backups.Plans(ctx, actor, uuid.Nil)
	if err != nil {
		return all, err
	}
	for _, v := range found {
		label := locales.T(ctx, "workflows.plan", "source", v.SourceName, "vault", v.VaultName)
		all.Plans = append(all.Plans, parts.Option{Value: v.ID.String(), Label: label})
	}
	workflows, err := s.Services.Workflows.List(ctx, actor)
	if err != nil {
		return all, err
	}
	for _, v := range workflows {
		if v.ID != of.ID {
			all.Workflows = append(all.Workflows, parts.Option{Value: v.ID.String(), Label: v.Name})
		}
	}
	credentials, err := s.Services.Credentials.List(ctx, actor)
	if err != nil {
		return all, err
	}
	for _, v := range credentials {
		all.Credentials = append(all.Credentials, parts.Option{Value: v.ID.String(), Label: v.Name + " (" + v.Host + ")"})
	}
	return all, nil
}
