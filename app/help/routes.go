// Package help is being built.
package help

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
}
