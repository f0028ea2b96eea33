package web

import (
	"context"
	"io"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Fail answers a request that ended in an error: the one place where failures
// become pages. Who is in no workspace may do nothing, so they are offered to make
// one. What is not ours to show becomes "our fault" with the request's id.
func (s *Site) Fail(c *fiber.Ctx, err error) error {
	if fail.Is(err, fail.StepUp) {
		return askToConfirm(c)
	}
	if fail.Is(err, fail.Forbidden) && IsSignedIn(c) && Actor(c).Workspace == uuid.Nil {
		return Go(c, "/workspaces/new")
	}
	ctx := context.WithoutCancel(c.UserContext()) // the request's own time may be up; its answer is still to be written
	if RequestIDFrom(ctx) == "" {
		ctx = s.Words(c)
	}
	c.SetUserContext(ctx)
	status := Status(err)
	if status == fiber.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, RetryAfter)
	}
	key, args := Words(err)
	failure := parts.FailureOf(ctx, key, args)
	if IsFragment(c) {
		return Render(c, status, parts.Toast(parts.ToastProps{Tone: parts.Bad, Text: failure.Text, Detail: failure.Mend}))
	}
	p := parts.ErrorProps{Status: status, Text: failure.Text, Mend: failure.Mend}
	if status >= fiber.StatusInternalServerError {
		p.RequestID = RequestID(c)
	}
	if status == fiber.StatusNotFound || status == fiber.StatusForbidden {
		p.Action = parts.Action{Label: locales.T(ctx, "app.nav.home"), URL: "/", Icon: "house"}
	}
	sheet := s.Sheet(c, failure.Text)
	if status == fiber.StatusServiceUnavailable && c.Method() == fiber.MethodGet { // never a form twice
		sheet.Refresh, p.Again = tryAgain, tryAgain
	}
	return Render(c, status, inside(layout.Site(sheet), parts.ErrorPage(p)))
}

// RetryAfter is the same for programs, as the header has it.
const RetryAfter = "5"

// tryAgain is after how many seconds a page asks again while the database is away.
const tryAgain = 5

// inside renders a component as the children of a frame.
func inside(frame, children templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return frame.Render(templ.WithChildren(ctx, children), w)
	})
}

// askToConfirm sends a person to confirm who they are, and back to the page that
// they came from: a form they sent is sent again by them.
func askToConfirm(c *fiber.Ctx) error {
	back := c.OriginalURL()
	if c.Method() != fiber.MethodGet {
		back = "/"
		if referer, err := url.Parse(c.Get(fiber.HeaderReferer)); err == nil && strings.HasPrefix(referer.Path, "/") {
			back = referer.RequestURI()
		}
	}
	return ConfirmThen(c, back)
}

// ConfirmThen sends a person to confirm who they are, and then to a page of ours:
// where a form is, as they left it.
func ConfirmThen(c *fiber.Ctx, back string) error {
	return Go(c, "/confirm?next="+escapeNext(back))
}
