package snapshots

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/snapshots"
)

// hold is POST /snapshots/{id}/holds with reason and until.
func hold(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		form := formOf(c)
		_, err = s.Services.Backups.Hold(c.UserContext(), web.Actor(c), id, inputOf(c.UserContext(), form))
		if fail.Is(err, fail.Invalid) {
			form.Problems = parts.ProblemsOf(c.UserContext(), err)
			return showOne(s, c, web.Status(err), form, "")
		}
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.N(c.UserContext(), "snapshots.hold.done", 1))
		return web.Go(c, "/snapshots/"+id.String())
	}
}

// holdChosen is POST /holds with id=…&id=…, reason and until; its address is that
// of the list they were chosen in.
func holdChosen(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		form := formOf(c)
		form.Picked = map[uuid.UUID]bool{}
		var ids []uuid.UUID
		for _, raw := range c.Context().PostArgs().PeekMulti("id") {
			id, err := uuid.Parse(string(raw))
			if err != nil {
				return fail.New(fail.NotFound, "fail.not_found")
			}
			ids, form.Picked[id] = append(ids, id), true
		}
		held, err := s.Services.Backups.HoldAll(c.UserContext(), web.Actor(c), ids, inputOf(c.UserContext(), form))
		if fail.Is(err, fail.Invalid) {
			form.Problems = parts.ProblemsOf(c.UserContext(), err)
			return showList(s, c, web.Status(err), form)
		}
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.N(c.UserContext(), "snapshots.hold.done", len(held)))
		return web.Go(c, string(web.With(c, "/snapshots")))
	}
}

// release is POST /holds/{id}/releases.
func release(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		if err := s.Services.Backups.Release(c.UserContext(), web.Actor(c), id); err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "snapshots.hold.released"))
		return web.Go(c, web.Back(c, "/snapshots"))
	}
}

func formOf(c *fiber.Ctx) views.HoldForm {
	return views.HoldForm{Reason: strings.Clone(c.FormValue("reason")), Until: strings.Clone(c.FormValue("until"))}
}

// inputOf reads the day in the reader's zone. What is no day is one that has
// passed, so that the form says which to choose.
func inputOf(ctx context.Context, form views.HoldForm) backup.HoldInput {
	in := backup.HoldInput{Reason: form.Reason}
	if form.Until == "" {
		return in
	}
	day, err := time.ParseInLocation(time.DateOnly, form.Until, locales.Zone(ctx))
	if in.Until = day; err != nil {
		in.Until = time.Unix(0, 0)
	}
	return in
}
