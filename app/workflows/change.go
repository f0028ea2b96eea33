package workflows

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/workflows"
)

// change does one edit of the draft and shows the editor at the step that it was
// about. Who comes second sees the newest draft, and is told.
func change(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		found, err := workflowOf(s, c)
		if err != nil {
			return err
		}
		shown := views.Editor{Step: c.FormValue("id"), Panel: panelOf(c)}
		op, err := opOf(s, c, &found.Draft)
		shown.Typed, shown.Gone = op, op.Kind == flow.Insert && shown.Step != ""
		if errors.Is(err, errEndOfWay) {
			s.Say(c, parts.Neutral, locales.T(ctx, "workflows.said.end_of_way"))
			return back(c, found.ID, op.ID, "")
		}
		if err != nil {
			return again(s, c, err, shown)
		}
		edited, err := s.Services.Workflows.Edit(ctx, actor, found.ID, base(c, found, op), op)
		if err != nil {
			return again(s, c, err, shown)
		}
		if op.Kind == flow.Delete {
			s.Say(c, parts.Neutral, locales.T(ctx, "workflows.said.deleted_step"))
		}
		return back(c, found.ID, edited.Focus, string(shown.Panel))
	}
}

// base is the revision that the edit is meant for: the newest, when what it changes
// is still as it was on the form, whatever else was changed meanwhile.
func base(c *fiber.Ctx, found workflow.Workflow, op flow.Op) int {
	if was := c.FormValue("was"); was != "" && was == views.MarkOf(&found.Draft, op) {
		return found.DraftRevision
	}
	return revision(c)
}

func panelOf(c *fiber.Ctx) views.Panel {
	switch flow.OpKind(c.FormValue("op")) {
	case flow.Settle:
		return views.SettingsPanel
	case flow.Start:
		return views.TriggerPanel
	default:
		return views.NoPanel
	}
}

// back is the editor after a write.
func back(c *fiber.Ctx, id uuid.UUID, step, panel string) error {
	query := url.Values{}
	switch {
	case step != "":
		query.Set("step", step)
	case panel != "":
		query.Set("panel", panel)
	}
	if run, err := uuid.Parse(c.FormValue("run")); err == nil {
		query.Set("run", run.String())
	}
	address := "/workflows/" + id.String()
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return web.Go(c, address)
}

func revision(c *fiber.Ctx) int {
	n, err := strconv.Atoi(c.FormValue("revision"))
	if err != nil {
		return -1
	}
	return n
}

// turnBack takes the last edit back, or does it again.
func turnBack(s *web.Site, do func(context.Context, account.Actor, uuid.UUID, int) (workflow.Edited, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		edited, err := do(c.UserContext(), web.Actor(c), id, revision(c))
		if err != nil {
			return again(s, c, err, views.Editor{Step: c.FormValue("step")})
		}
		focus := edited.Focus
		if focus == "" {
			focus = c.FormValue("step")
		}
		return back(c, id, focus, "")
	}
}
