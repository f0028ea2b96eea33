package web

import (
	"net/url"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
)

// Queries are all values of one name in the address, in order.
func Queries(c *fiber.Ctx, name string) []string {
	var values []string
	for _, raw := range c.Context().QueryArgs().PeekMulti(name) {
		values = append(values, string(raw))
	}
	return values
}

// With is this page's address with one value changed; "" takes it out.
func With(c *fiber.Ctx, name, value string) templ.SafeURL {
	query, err := url.ParseQuery(string(c.Context().QueryArgs().QueryString()))
	if err != nil {
		query = url.Values{}
	}
	if query.Set(name, value); value == "" {
		query.Del(name)
	}
	if len(query) == 0 {
		return templ.SafeURL(c.Path())
	}
	return templ.SafeURL(c.Path() + "?" + query.Encode())
}
