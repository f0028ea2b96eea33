// Package notifications serves what is behind the bell.
package notifications

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/notifications"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/notifications", list(s))
	r.Get("/notifications/bell", bell(s))
	r.Post("/notifications/reads", read(s))
}

const shown = 50

func list(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		before, beforeID, err := cursor(c.Query("before"))
		if err != nil {
			return err
		}
		found, err := s.Services.Alerts.Notifications(ctx, web.Actor(c), before, beforeID, shown+1)
		if err != nil {
			return err
		}
		page := views.Page{Frame: s.Frame(c, locales.T(ctx, "app.notifications.label"), layout.NavNone), Path: c.OriginalURL(), Later: !before.IsZero()}
		if len(found) > shown {
			found = found[:shown]
			last := found[shown-1]
			page.Older = last.CreatedAt.UTC().Format(time.RFC3339Nano) + "_" + last.ID.String()
		}
		page.List = found
		return web.Render(c, fiber.StatusOK, views.Notifications(page))
	}
}

func bell(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		unread, err := s.Services.Alerts.Unread(c.UserContext(), web.Actor(c))
		if err != nil {
			return err
		}
		return web.Render(c, fiber.StatusOK, layout.Bell(unread))
	}
}

// read marks what the page showed, and nothing that came since.
func read(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		upTo, err := time.Parse(time.RFC3339Nano, c.FormValue("up_to"))
		if err != nil {
			return fail.New(fail.Invalid, "fail.malformed")
		}
		if now := s.Services.Clock.Now(); upTo.After(now) {
			upTo = now
		}
		if err := s.Services.Alerts.MarkRead(c.UserContext(), web.Actor(c), upTo); err != nil {
			return err
		}
		return web.Go(c, web.LocalPath(c.FormValue("back"), "/notifications"))
	}
}

// cursor is where an older page begins: a moment and an id.
func cursor(text string) (at time.Time, id uuid.UUID, err error) {
	if text == "" {
		return at, id, nil
	}
	moment, rest, _ := strings.Cut(text, "_")
	if at, err = time.Parse(time.RFC3339Nano, moment); err == nil {
		id, err = uuid.Parse(rest)
	}
	if err != nil {
		return at, id, fail.New(fail.Invalid, "fail.malformed")
	}
	return at, id, nil
}
