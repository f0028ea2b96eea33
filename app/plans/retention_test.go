package plans_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"levqor/app/apptest"
	"levqor/jobs/backup"
)

func TestRetention(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Services.Clock.Shift(time.Until(time.Now().Truncate(24 * time.Hour).Add(36 * time.Hour))) // noon: no day ends while this runs
	s, now := shop(t, h, "shop-db"), h.Services.Clock.Now()
	for day := range 40 {
		s.Backup(now.AddDate(0, 0, -day), 1_000_000)
	}
	_, held := s.Backup(now.AddDate(0, 0, -100), 1_000_000)
	if _, err := h.Services.Backups.Hold(t.Context(), h.Actor, held, backup.HoldInput{Reason: "Year-end audit"}); err != nil {
		t.Fatal(err)
	}
	s.Set("keep", backup.Keep{DailyDays: 60})
	page := "/plans/" + s.PlanID.String() + "/retention"
	state := func() int64 {
		return h.Count(`SELECT hashtext(string_agg(p::text, '' ORDER BY p.id) || (SELECT string_agg(n::text, '' ORDER BY n.id) FROM snapshots n)) FROM plans p`)
	}
	before := state()
	t.Run("it says what is kept, why, and what goes next", func(t *testing.T) {
		answer := h.Owner.Get(page)
		has(t, answer, 200, "41 snapshots, 41 MB in the vault.", "Kept, and why", "Expires next", "Year-end audit", "No change", "held")
		if n := strings.Count(answer.Body, `class="cal-day" data-k=`); n != 41 {
			t.Errorf("%d days are marked", n)
		}
	})
	t.Run("a draft is previewed, and changes nothing", func(t *testing.T) {
		answer := h.Owner.Get(page + "?keep.daily_days=30")
		has(t, answer, 200, "Deletes 10 snapshots, frees 10 MB", "1 unsaved change", `name="seen" value="10"`)
		if n := strings.Count(answer.Body, `data-k="drop"`); n != 10+1 { // the legend's own
			t.Errorf("%d days are crossed out", n)
		}
		has(t, h.Owner.Get(page+"?keep.daily_days=many"), 200, "This can’t be saved", "Use a number of days from 0 to 3660.")
		if state() != before {
			t.Error("something changed")
		}
	})
	t.Run("what deletes is not saved unseen", func(t *testing.T) {
		has(t, h.Owner.Post(page, "revision", "1", "keep.daily_days", "30"), 422, "This deletes 10 snapshots. Look at the preview, then save again.")
		has(t, h.Owner.Post(page, "revision", "1", "keep.daily_days", "-1"), 422, "Use a number of days from 0 to 3660.", `href="#f-keep.daily_days"`)
		if state() != before {
			t.Error("something changed")
		}
	})
	t.Run("what was seen is saved", func(t *testing.T) {
		seen := regexp.MustCompile(`name="seen" value="(\d+)"`).FindStringSubmatch(h.Owner.Get(page + "?keep.daily_days=30").Body)[1]
		if answer := h.Owner.Post(page, "revision", "1", "keep.daily_days", "30", "seen", seen); !strings.HasPrefix(answer.Location(), "/confirm?next=") {
			t.Fatal("saved by who did not confirm who they are", answer.Status, answer.Location())
		}
		h.Exec(`UPDATE sessions SET stepped_up_at = $1`, now)
		answer := h.Owner.Post(page, "revision", "1", "keep.daily_days", "30", "seen", seen)
		if answer.Status != 303 || answer.Location() != page {
			t.Fatal(answer.Status, answer.Location())
		}
		has(t, h.Owner.Get(page), 200, "Policy saved.", `value="30"`, "This plan lets go of 10 snapshots", "the earlier rules hold too: 60 days daily")
		has(t, h.Owner.Get("/sources/"+s.SourceID.String()), 200, "This plan lets go of 10 snapshots", "Undo")
	})
	t.Run("a stale form keeps what was typed", func(t *testing.T) {
		has(t, h.Owner.Post(page, "revision", "1", "keep.daily_days", "90"), 409, "Somebody else changed this policy while you were here.",
			"It keeps now: 30 days daily.", `value="90"`, `name="revision" value="2"`)
	})
	t.Run("one click undoes it", func(t *testing.T) {
		if answer := h.Owner.Post("/plans/"+s.PlanID.String()+"/undos", "x", "x"); answer.Status != 303 {
			t.Fatal(answer.Status, answer.Body)
		}
		answer := h.Owner.Get(page)
		has(t, answer, 200, "Undone. Everything is kept as before.", `value="60"`)
		if strings.Contains(answer.Body, "lets go of") {
			t.Error("a change still waits")
		}
	})
	t.Run("a deleted plan comes back", func(t *testing.T) {
		if answer := h.Owner.Post("/plans/"+s.PlanID.String()+"/deletions", "confirm", "shop-db"); answer.Status != 303 {
			t.Fatal(answer.Status, answer.Body)
		}
		has(t, h.Owner.Get("/sources/"+s.SourceID.String()), 200, "The plan of this source was deleted.", "Its 41 snapshots stay.")
		if answer := h.Owner.Post("/plans/"+s.PlanID.String()+"/undos", "x", "x"); answer.Status != 303 {
			t.Fatal(answer.Status, answer.Body)
		}
		has(t, h.Owner.Get(page), 200, `value="60"`)
	})
	t.Run("a deleted source comes back", func(t *testing.T) {
		if answer := h.Owner.Post("/sources/"+s.SourceID.String()+"/deletions", "confirm", "shop-db"); answer.Status != 303 {
			t.Fatal(answer.Status, answer.Body)
		}
		has(t, h.Owner.Get("/sources"), 200, "shop-db was deleted.", "Its 41 snapshots stay until")
		if answer := h.Owner.Post("/sources/"+s.SourceID.String()+"/undos", "x", "x"); answer.Status != 303 {
			t.Fatal(answer.Status, answer.Body)
		}
		has(t, h.Owner.Get("/sources/"+s.SourceID.String()), 200, "shop-db is back.")
	})
}
