package workflows

import (
	"errors"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/workflows"
)

// edit shows the editor, its drawer as the address says.
func edit(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		found, err := workflowOf(s, c)
		if err != nil {
			return err
		}
		p := views.Editor{Step: c.Query("step"), Panel: views.Panel(c.Query("panel"))}
		if c.Query("open") == "start" { // its dialog is there for those who may start it
			p.Open = "start"
		}
		return page(s, c, fiber.StatusOK, found, p)
	}
}

// page answers with the editor of the workflow; p says what its drawer and dialogs show.
func page(s *web.Site, c *fiber.Ctx, status int, found workflow.Workflow, p views.Editor) error {
	ctx, actor, line := c.UserContext(), web.Actor(c), s.Services.Workflows
	p.Workflow, p.Registry, p.Problems = found, line.Engine().Compiler().Registry, line.Problems(found.Draft)
	p.CanManage, p.CanOperate, p.Query = actor.Can(account.Manage), actor.Can(account.Operate), c.Query("q")
	if p.Open != "rename" {
		p.Name, p.About = found.Name, found.About
	}
	look(&p, c)
	var err error
	if p.History, err = line.History(ctx, actor, found.ID); err != nil {
		return err
	}
	if err := compare(s, c, &p); err != nil {
		return err
	}
	if p.Run, err = runOf(s, c, found); err != nil {
		return err
	}
	if p.Choices, err = choices(s, c, found); err != nil {
		return err
	}
	if kind := found.Draft.Trigger.Kind; p.CanManage && p.Panel == views.TriggerPanel && (kind == workflow.ByWebhook || kind == workflow.ByForm) {
		token, err := line.Address(ctx, actor, found.ID)
		if err != nil {
			return err
		}
		switch {
		case token == "":
		case kind == workflow.ByForm:
			p.Address = s.Services.Config.BaseURL + "/forms/" + token
		default:
			p.Address, p.SigningKey = s.Services.Config.BaseURL+"/hooks/"+token, workflow.SigningKey(token)
		}
	}
	if err := trialOf(s, c, &p); err != nil {
		return err
	}
	topics := []string{string(workflow.Topic(found.ID))}
	if p.Run != nil {
		topics = append(topics, "run-"+p.Run.ID.String())
	}
	if p.Trial.Run != nil {
		topics = append(topics, "run-"+p.Trial.Run.ID.String())
	}
	p.Frame = s.Frame(c, found.Name, layout.NavWorkflows, topics...)
	p.Frame.Editor = true
	if text := unsaid(p); text != "" {
		p.Frame.Toasts = append(p.Frame.Toasts, parts.ToastProps{Tone: parts.Bad, Text: text})
	}
	return web.Render(c, status, views.Edit(p))
}

// look settles what the drawer shows: the wish may name a step that is gone.
func look(p *views.Editor, c *fiber.Ctx) {
	if spot, ok := views.SpotOf(c.Query("add")); ok && p.Step == "" && p.CanManage && p.Workflow.Draft.List(spot.Lane) != nil {
		p.At, p.Panel = spot, views.AddPanel
		return
	}
	if _, _, ok := p.Workflow.Draft.Find(p.Step); ok {
		p.Panel, p.Gone = views.StepPanel, false
		return
	}
	if p.Gone {
		p.Panel = views.StepPanel
		return
	}
	p.Step = ""
	if p.Panel != views.SettingsPanel && p.Panel != views.TriggerPanel {
		p.Panel = views.NoPanel
	}
}

// compare says what the draft changes of the live version.
func compare(s *web.Site, c *fiber.Ctx, p *views.Editor) error {
	if p.Workflow.LiveNumber == nil {
		return nil
	}
	live, err := s.Services.Workflows.Version(c.UserContext(), web.Actor(c), p.Workflow.ID, *p.Workflow.LiveNumber)
	if err != nil {
		return err
	}
	p.Diff = flow.Compare(&live.Definition, &p.Workflow.Draft)
	p.Changes = views.ChangesOf(c.UserContext(), &live.Definition, &p.Workflow.Draft, p.Diff)
	return nil
}

// runOf is the run that the address asks to show on the cards.
func runOf(s *web.Site, c *fiber.Ctx, found workflow.Workflow) (*workflow.RunDetail, error) {
	id := runAsked(c)
	if id == uuid.Nil {
		return nil, nil
	}
	run, err := s.Services.Workflows.Run(c.UserContext(), web.Actor(c), id)
	if fail.Is(err, fail.NotFound) || err == nil && run.WorkflowID != found.ID {
		return nil, nil // it is gone, or another's
	}
	return &run, err
}

func runAsked(c *fiber.Ctx) uuid.UUID { return idIn(c.Query("run", c.FormValue("run"))) }

// idIn is the id that an address names, or none.
func idIn(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}

// unsaid is what was wrong with the last edit and has no field to stand at.
func unsaid(p views.Editor) string {
	if p.Open != "" || len(p.Wrong) == 0 || p.Wrong[0].Field != "" && p.Panel == views.StepPanel {
		return ""
	}
	return p.Wrong[0].Text
}

// refused reports whether the form is shown again with what is wrong.
func refused(err error) bool {
	return fail.Is(err, fail.Invalid) || fail.Is(err, fail.Conflict) || fail.Is(err, fail.TooLarge)
}

// again shows the newest draft after an edit that was refused, with the reason.
func again(s *web.Site, c *fiber.Ctx, err error, p views.Editor) error {
	known, ours := errors.AsType[*fail.Error](err)
	if !ours || !refused(err) && known.Key != "workflow.fail.no_step" {
		return err
	}
	found, foundErr := workflowOf(s, c)
	if foundErr != nil {
		return foundErr
	}
	p.Wrong = parts.ProblemsOf(c.UserContext(), err)
	if known.Key == "workflow.fail.stale" {
		p.Wrong, p.Open = parts.Problems{{Text: locales.T(c.UserContext(), "workflows.stale")}}, ""
		if p.Clash = p.Typed.Keeps(); p.Clash {
			p.Wrong = nil // the drawer says it, beside what was typed
		}
	}
	if known.Key == "workflow.fail.no_step" && p.Typed.Keeps() {
		p.Wrong, p.Gone = nil, true
	}
	return page(s, c, web.Status(err), found, p)
}
