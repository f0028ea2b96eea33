package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Unpacked refuses bodies that come compressed, before anything reads them: whoever
// unpacks one makes a gigabyte of a few hundred kilobytes, and the limit of a body
// counts only what came over the wire.
func Unpacked(c *fiber.Ctx) error {
	for _, encoding := range c.Request().Header.PeekAll(fiber.HeaderContentEncoding) {
		if e := strings.TrimSpace(string(encoding)); e != "" && !strings.EqualFold(e, "identity") {
			return fiber.ErrUnsupportedMediaType
		}
	}
	return c.Next()
}
