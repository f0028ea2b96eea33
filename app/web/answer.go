package web

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
)

// IsStream reports whether the answer must reach the reader as it is made.
func IsStream(c *fiber.Ctx) bool {
	return c.Path() == "/live" || strings.Contains(c.Path(), "/download") || strings.HasSuffix(c.Path(), ".zip")
}

// IsFragment reports whether htmx asks for a part of a page.
func IsFragment(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "true" && c.Get("HX-Boosted") != "true"
}

// Render answers with a component.
func Render(c *fiber.Ctx, status int, component templ.Component) error {
	c.Status(status).Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return component.Render(c.UserContext(), c.Response().BodyWriter())
}

// Go sends the browser to another page after a write.
func Go(c *fiber.Ctx, path string) error {
	if IsFragment(c) {
		c.Set("HX-Redirect", path)
		return c.SendStatus(fiber.StatusNoContent)
	}
	return c.Redirect(path, fiber.StatusSeeOther)
}

// LocalPath is the path to come back to, or fallback: never another host's.
func LocalPath(text, fallback string) string {
	parsed, err := url.Parse(text)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || !strings.HasPrefix(parsed.Path, "/") ||
		strings.HasPrefix(text, "//") || strings.ContainsAny(text, "\\\r\n") {
		return fallback
	}
	return text
}

func escapeNext(path string) string { return url.QueryEscape(LocalPath(path, "/")) }

// Back is the page that the form was on.
func Back(c *fiber.Ctx, fallback string) string {
	referer, err := url.Parse(c.Get(fiber.HeaderReferer))
	if err != nil || referer.Host != string(c.Context().Host()) {
		return fallback
	}
	return LocalPath(referer.RequestURI(), fallback)
}
