package forms

import (
	"crypto/rand"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/views/parts"

	views "levqor/views/forms"
)

const longestOnce = 64

func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		form, err := find(s, c)
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.Form(page(s, c, form, rand.Text(), nil)))
	}
}

// submit starts the run, or shows the form again with what is wrong and all that
// was typed.
func submit(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		form, err := find(s, c)
		if err != nil {
			return err
		}
		once := c.FormValue("once")
		if len(once) > longestOnce {
			return fail.New(fail.Invalid, "fail.malformed")
		}
		answers := map[string]string{}
		for _, q := range form.Fields {
			answers[q.Name] = c.FormValue(views.Name(q))
		}
		_, err = s.Services.Workflows.Submit(ctx, form, c.IP(), once, answers)
		if fail.Is(err, fail.TooMany) {
			c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(account.LimitWindow.Seconds())))
		}
		if fail.Is(err, fail.Invalid) || fail.Is(err, fail.TooMany) {
			p := page(s, c, form, once, answers)
			p.Problems = parts.ProblemsOf(ctx, err)
			return web.Render(c, web.Status(err), views.Form(p))
		}
		if err != nil {
			return err
		}
		return web.Go(c, address(c)+"/thanks")
	}
}

func thanks(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		form, err := find(s, c)
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, views.Thanks(page(s, c, form, "", nil)))
	}
}

// find also keeps search engines away: the address is for those who were given it.
func find(s *web.Site, c *fiber.Ctx) (workflow.Form, error) {
	c.Set("X-Robots-Tag", "noindex, nofollow")
	return s.Services.Workflows.Form(c.UserContext(), c.Params("token"))
}

func address(c *fiber.Ctx) string { return "/forms/" + c.Params("token") }

func page(s *web.Site, c *fiber.Ctx, form workflow.Form, once string, answers map[string]string) views.Page {
	return views.Page{Sheet: s.Sheet(c, form.Title), Form: form, Address: address(c), Once: once, Answers: answers}
}
