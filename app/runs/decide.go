package runs

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/runs"
)

// decide is POST /runs/{id}/decisions. The form names the step and the hash of
// what the person saw; a no without a reason comes back to its field.
func decide(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		key, answer := c.FormValue("key"), c.FormValue("answer")
		d := workflow.Decision{Hash: c.FormValue("hash"), Yes: answer == "approve", As: answer, Reason: c.FormValue("reason"), Always: c.FormValue("always") != ""}
		d.Always = d.Always && d.Yes
		err = s.Services.Workflows.Decide(c.UserContext(), web.Actor(c), id, key, d)
		if fail.Is(err, fail.Invalid) {
			problems := parts.ProblemsOf(c.UserContext(), err)
			return page(s, c, fiber.StatusUnprocessableEntity, id, &views.Run{Asked: key, URL: string(views.URL(id)), Problems: problems, Refused: key, Reason: d.Reason})
		}
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "runs.said.decided"))
		return web.Go(c, string(views.URL(id)))
	}
}
