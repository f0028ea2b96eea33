package web

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"levqor/jobs/fail"
)

// SameOrigin refuses a browser's cross-site write (CSRF). It trusts what page
// scripts can't set: Sec-Fetch-Site, else Origin against Host, the rule of Go's
// http.CrossOriginProtection. A client that sends neither is no browser and has
// no cookie to abuse.
func SameOrigin(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return c.Next()
	}
	if site := c.Get("Sec-Fetch-Site"); site != "" {
		if site == "same-origin" || site == "none" {
			return c.Next()
		}
		return fail.New(fail.Forbidden, "fail.cross_site")
	}
	if origin := c.Get(fiber.HeaderOrigin); origin != "" {
		parsed, err := url.Parse(origin)
		if err != nil || parsed.Host != string(c.Context().Host()) {
			return fail.New(fail.Forbidden, "fail.cross_site")
		}
	}
	return c.Next()
}
