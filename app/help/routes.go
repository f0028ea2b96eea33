// Package help serves the help inside the app.
package help

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/locales"
	views "levqor/views/help"
	"levqor/views/layout"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/help", index(s))
	r.Get("/help/:topic", show(s))
}

func index(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		title := locales.T(c.UserContext(), "app.account.help")
		return web.Render(c, fiber.StatusOK, views.Index(views.Page{Frame: s.Frame(c, title, layout.NavNone)}))
	}
}

func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		topic, ok := views.Named(c.Params("topic"))
		if !ok {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		frame := s.Frame(c, topic.Title(c.UserContext()), layout.NavNone)
		return web.Render(c, fiber.StatusOK, views.Show(views.Page{Frame: frame, Topic: topic}))
	}
}
