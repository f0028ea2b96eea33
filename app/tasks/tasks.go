// Package tasks serves the card that shows long work, whatever its kind.
package tasks

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/views/tasks"
)

// Mount adds GET /tasks/{id} (the card alone) and POST /tasks/{id}/cancellations.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/tasks/:id", show(s))
	r.Post("/tasks/:id/cancellations", cancel(s))
}

func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		card, err := Card(s, c, "id")
		if err != nil {
			return err
		}
		card.Look = tasks.ReadLook(c.Query("log"), c.Query("items"))
		if card.Task.State.Final() {
			c.Set("HX-Refresh", "true") // the page around it has news too
		}
		return web.Render(c, fiber.StatusOK, tasks.Card(card))
	}
}

// Card reads the task whose id is in the path.
func Card(s *web.Site, c *fiber.Ctx, param string) (tasks.Props, error) {
	id, err := web.ID(c, param)
	if err != nil {
		return tasks.Props{}, err
	}
	actor := web.Actor(c)
	found, log, err := s.Services.Tasks.Get(c.UserContext(), actor, id)
	return tasks.Props{Task: found, Log: log, CanCancel: actor.Can(account.Operate)}, err
}

func cancel(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		if err := s.Services.Tasks.Cancel(c.UserContext(), web.Actor(c), id); err != nil {
			return err
		}
		return web.Go(c, web.Back(c, "/"))
	}
}
