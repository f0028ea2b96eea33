package workflows

import (
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/workflows"
)

// try is POST /workflows/{id}/tests: one step with the data that was typed, or the
// whole draft. A step's test is followed in its drawer, the draft's on the cards.
func try(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		tested := c.FormValue("step")
		shown := views.Editor{Step: tested, Trial: views.Trial{Typed: c.FormValue("sample"), Kept: true}}
		if tested == "" {
			shown.Open = "try"
		}
		sample, err := sampleOf(shown.Trial.Typed, tested == "")
		if err != nil {
			return again(s, c, err, shown)
		}
		started, err := s.Services.Workflows.Try(ctx, actor, id, revision(c), tested, sample)
		if err != nil {
			return again(s, c, err, shown)
		}
		if tested == "" {
			s.Say(c, parts.Good, locales.T(ctx, "workflows.trial.started"))
			return web.Go(c, "/workflows/"+id.String()+"?run="+started.ID.String())
		}
		return web.Go(c, "/workflows/"+id.String()+"?step="+tested+"&test="+started.ID.String())
	}
}

// sampleOf reads what was typed: all that a step reads, or what starts the draft.
func sampleOf(text string, whole bool) (sample workflow.Sample, err error) {
	if text = strings.TrimSpace(text); text == "" {
		return sample, nil
	}
	into := any(&sample)
	if whole {
		into = &sample.Trigger
	}
	if json.Unmarshal([]byte(text), into) != nil {
		return sample, &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: "sample", Key: "workflows.field.json"}}}
	}
	return sample, nil
}

// pin is POST /workflows/{id}/pins: the output of a test stands for the step's in
// tests of the draft; without a test the pin goes.
func pin(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		found, err := workflowOf(s, c)
		if err != nil {
			return err
		}
		shown := views.Editor{Step: c.FormValue("step")}
		pinned, _, ok := found.Draft.Find(shown.Step)
		if !ok {
			return again(s, c, fail.New(fail.NotFound, "workflow.fail.no_step", "id", shown.Step), shown)
		}
		next := *pinned
		next.Pin = nil
		if test := c.FormValue("test"); test != "" {
			if next.Pin, err = outputOf(s, c, found, test, shown.Step); err != nil {
				return err
			}
		}
		if _, err := s.Services.Workflows.Edit(ctx, actor, found.ID, revision(c), flow.Op{Kind: flow.Update, ID: next.ID, Step: &next}); err != nil {
			return again(s, c, err, shown)
		}
		return back(c, found.ID, next.ID, "")
	}
}

// outputOf is what the step gave in that run of the workflow.
func outputOf(s *web.Site, c *fiber.Ctx, found workflow.Workflow, test, step string) (any, error) {
	id, err := uuid.Parse(test)
	if err != nil {
		return nil, fail.New(fail.NotFound, "fail.not_found")
	}
	run, err := testOf(s, c, id, step)
	if err != nil {
		return nil, err
	}
	done := views.Trial{Run: &run}.Done(step)
	if run.WorkflowID != found.ID || done == nil || done.Output == nil {
		return nil, fail.New(fail.NotFound, "fail.not_found")
	}
	return done.Output, nil
}

// testOf is a test, with what the step gave however large it is.
func testOf(s *web.Site, c *fiber.Ctx, id uuid.UUID, step string) (workflow.RunDetail, error) {
	ctx, actor := c.UserContext(), web.Actor(c)
	run, err := s.Services.Workflows.Run(ctx, actor, id)
	if err != nil {
		return run, err
	}
	if done := (views.Trial{Run: &run}).Done(step); done != nil && done.Large {
		*done, err = s.Services.Workflows.Step(ctx, actor, id, done.Key)
	}
	return run, err
}

// trialOf is what the drawer shows of tests of the chosen step: the data for the
// next, and the one that the address names.
func trialOf(s *web.Site, c *fiber.Ctx, p *views.Editor) error {
	if !p.CanManage || p.Panel != views.StepPanel || p.Gone {
		return nil
	}
	ctx, actor := c.UserContext(), web.Actor(c)
	if !p.Trial.Kept {
		sample, err := s.Services.Workflows.Sample(ctx, actor, p.Workflow.ID, p.Step)
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(sample, "", "  ")
		if err != nil {
			return err
		}
		p.Trial.Typed = string(text)
	}
	id := idIn(c.Query("test"))
	if id == uuid.Nil {
		return nil // none is shown
	}
	run, err := testOf(s, c, id, p.Step)
	if fail.Is(err, fail.NotFound) || err == nil && run.WorkflowID != p.Workflow.ID {
		return nil // it is gone, or another's
	}
	p.Trial.Run = &run
	return err
}
