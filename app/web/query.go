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

// With is path with this page's query, of which some values change; "" takes one
// out. Pairs are name, value, name, value.
func With(c *fiber.Ctx, path string, pairs ...string) templ.SafeURL {
	query, err := url.ParseQuery(string(c.Context().QueryArgs().QueryString()))
	if err != nil {
		query = url.Values{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if query.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			query.Del(pairs[i])
		}
	}
	if len(query) == 0 {
		return templ.SafeURL(path)
	}
	return templ.SafeURL(path + "?" + query.Encode())
}
