// Package hooks is the door by which other systems start workflows and answer
// those that wait for a call. The secret part of the address is the key: there is
// no session here, and no form of ours.
package hooks

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the doors; nothing else is below /hooks.
func Mount(app *fiber.App, s *web.Site) {
	app.Post("/hooks/runs/:token", callBack(s))
	app.Post("/hooks/:token", enter(s, newDoors(s.Services.Workflows)))
	app.Use("/hooks", func(*fiber.Ctx) error { return fiber.ErrNotFound })
}
