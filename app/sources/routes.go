// Package sources is being built.
package sources

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
}
