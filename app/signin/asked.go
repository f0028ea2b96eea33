package signin

import (
	"encoding/base64"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
)

// asked is what this browser remembers from the address form until somebody is in:
// what was typed, and which page to go to. It is no proof of anything.
type asked struct {
	Email string
	Next  string
}

const longestNext = 1000

func keepAsked(s *web.Site, c *fiber.Ctx, a asked) error {
	if len(a.Next) > longestNext {
		a.Next = "/"
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	s.SetCookie(c, s.AskedCookie(), base64.RawURLEncoding.EncodeToString(raw), account.LinkLife)
	return nil
}

func readAsked(s *web.Site, c *fiber.Ctx) (a asked) {
	raw, err := base64.RawURLEncoding.DecodeString(c.Cookies(s.AskedCookie()))
	if err != nil || json.Unmarshal(raw, &a) != nil {
		return asked{Next: "/"}
	}
	a.Next = web.LocalPath(a.Next, "/")
	return a
}

const browserTokenLength = 43 // of account.NewBrowser

// browserOf is the value that binds links to this browser, made anew if there is none.
func browserOf(s *web.Site, c *fiber.Ctx) string {
	if browser := c.Cookies(s.BrowserCookie()); len(browser) == browserTokenLength {
		return browser
	}
	return account.NewBrowser()
}
