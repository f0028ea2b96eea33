// Package hooks is the door by which other systems start workflows and answer
// those that wait for a call. The secret part of the address is the key: there is
// no session here, and no form of ours.
package hooks

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/workflow"
)

// Patience is how long a synchronous caller waits for the run's end.
const Patience = 25 * time.Second

// Mount adds the doors; nothing else is below /hooks. Synchronous callers wait for
// patience.
func Mount(app *fiber.App, s *web.Site, patience time.Duration) {
	app.Post("/hooks/runs/:token", callBack(s, newDoors(anybody)))
	app.Post("/hooks/:token", enter(s, newDoors(s.Services.Workflows.Hook), patience))
	app.Use("/hooks", func(*fiber.Ctx) error { return fiber.ErrNotFound })
}

// anybody is the door of an address that is looked up when it is called back.
func anybody(context.Context, string) (workflow.Hook, error) { return workflow.Hook{}, nil }
