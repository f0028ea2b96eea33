// Package files serves the built css, scripts, fonts and icons.
package files

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/static"
)

// Mount adds /favicon.ico and /static/…, whose names hold a hash of their content,
// so that they may be cached for good.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/favicon.ico", func(c *fiber.Ctx) error { return c.Redirect(s.Assets.URL("mark.svg")) })
	r.Get(static.Prefix+"*", func(c *fiber.Ctx) error {
		asset, ok := s.Assets.Open(c.Params("*"))
		if !ok {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderCacheControl, static.CacheControl)
		c.Set(fiber.HeaderContentType, asset.Type)
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if len(asset.Gzip) > 0 && strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
			c.Set(fiber.HeaderContentEncoding, "gzip")
			return c.Send(asset.Gzip)
		}
		return c.Send(asset.Body)
	})
}
