package web

import (
	"bytes"
	"net/url"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"levqor/jobs/fail"
)

// Readable refuses addresses and forms that hold what no text does: bytes that
// are no UTF-8, and zeros. The database takes neither.
func Readable(c *fiber.Ctx) error {
	text := func(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }
	_, err := url.ParseRequestURI(string(c.Request().RequestURI()))
	good := err == nil && text(c.Request().URI().Path())
	args := []*fasthttp.Args{c.Context().QueryArgs()}
	if bytes.HasPrefix(c.Request().Header.ContentType(), []byte(fiber.MIMEApplicationForm)) {
		args = append(args, c.Context().PostArgs())
	}
	for _, a := range args {
		for name, value := range a.All() {
			good = good && text(name) && text(value)
		}
	}
	if !good {
		return fail.New(fail.Invalid, "fail.malformed")
	}
	return c.Next()
}
