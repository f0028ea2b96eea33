// Package outbox is being built.
package outbox

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
}
