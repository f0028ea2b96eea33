package web_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

func TestReadable(t *testing.T) {
	t.Parallel()
	app := fiber.New(fiber.Config{ErrorHandler: func(c *fiber.Ctx, err error) error { return c.SendStatus(web.Status(err)) }})
	app.Use(web.Readable)
	app.All("/*", func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusNoContent) })
	for _, c := range []struct {
		promise, target, form string
		want                  int
	}{
		{"plain text passes", "/a?b=c", "d=e", 204},
		{"so does every script", "/a?b=%C3%BC", "d=%E2%80%AE", 204},
		{"no zero in a question", "/a?b=%00", "", 422},
		{"nor in its name", "/a?%00=b", "", 422},
		{"no other bytes in a question", "/a?b=%ff", "", 422},
		{"nor in the path", "/%ff", "", 422},
		{"no zero in a form", "/a", "b=%00", 422},
		{"no other bytes in a form", "/a", "b=%c3", 422},
	} {
		t.Run(c.promise, func(t *testing.T) {
			req := httptest.NewRequest("POST", c.target, strings.NewReader(c.form))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
			answer, err := app.Test(req, -1)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if answer.StatusCode != c.want {
				t.Errorf("%d, want %d", answer.StatusCode, c.want)
			}
		})
	}
}
