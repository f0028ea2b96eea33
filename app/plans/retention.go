package plans

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	views "levqor/views/plans"
	"levqor/views/sources"
)

// retention shows what the plan keeps, or what a draft in the address would do.
func retention(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		k, err := keeping(s, c)
		if err != nil {
			return err
		}
		return show(s, c, fiber.StatusOK, k)
	}
}

// keeping reads the plan's policy and holds, and the draft that was sent with
// the request: a wrong one is told, and the policy in force shown.
func keeping(s *web.Site, c *fiber.Ctx) (k views.Keeping, err error) {
	ctx, actor := c.UserContext(), web.Actor(c)
	plan, err := planOf(s, c)
	if err != nil {
		return k, err
	}
	k = views.Keeping{CanManage: actor.Can(account.Manage), Was: valuesOf(plan.Keep), Now: s.Services.Clock.Now()}
	k.Values = typedKeep(c, k.Was)
	draft := keepOf(k.Values)
	k.Retention, err = s.Services.Backups.RetentionPreview(ctx, actor, plan.ID, &draft)
	if fail.Is(err, fail.Invalid) {
		k.Problems = parts.ProblemsOf(ctx, err)
		k.Retention, err = s.Services.Backups.RetentionPreview(ctx, actor, plan.ID, nil)
	}
	if err != nil {
		return k, err
	}
	k.Holds, err = s.Services.Backups.Holds(ctx, actor, plan.ID)
	return k, err
}

func show(s *web.Site, c *fiber.Ctx, status int, k views.Keeping) error {
	plan := k.Retention.Plan
	k.Frame = s.Frame(c, locales.T(c.UserContext(), "plans.keeping.page", "name", plan.SourceName), layout.NavSources)
	k.Tabs = sources.Tabs(c.UserContext(), plan.SourceID, &plan.ID, sources.TabRetention, k.CanManage)
	return web.Render(c, status, views.Retention(k))
}

// keep saves the policy.
func keep(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		k, err := keeping(s, c)
		if err != nil {
			return err
		}
		refuseUnseen(c, &k)
		if len(k.Problems) > 0 {
			return show(s, c, fiber.StatusUnprocessableEntity, k)
		}
		plan := k.Retention.Plan
		err = s.Services.Backups.SaveKeep(ctx, actor, plan.ID, number(c.FormValue("revision")), k.Retention.Draft)
		if fail.Is(err, fail.Conflict) {
			k.Moved = true
			return show(s, c, fiber.StatusConflict, k)
		}
		if fail.Is(err, fail.StepUp) {
			return web.ConfirmThen(c, "/plans/"+plan.ID.String()+"/retention?"+sentKeep(k.Values))
		}
		if err != nil {
			return err
		}
		said := locales.T(ctx, "plans.said.policy")
		if k.Retention.Change.Guarded() {
			said = locales.T(ctx, "plans.said.policy_later", "date", locales.Date(ctx, k.Retention.From))
		}
		s.Say(c, parts.Good, said)
		return web.Go(c, "/plans/"+plan.ID.String()+"/retention")
	}
}

// refuseUnseen stops a policy that deletes snapshots unless the form says how
// many its sender saw.
func refuseUnseen(c *fiber.Ctx, k *views.Keeping) {
	deletes := k.Retention.Change.Removes
	if len(k.Problems) == 0 && deletes > 0 && number(c.FormValue("seen")) != deletes {
		k.Problems = parts.Problems{{Text: locales.N(c.UserContext(), "plans.what.unseen", deletes)}}
	}
}
