package snapshots_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/drill/drilltest"
)

// history is snapshots that a test wrote, without a vault behind them.
func history(t *testing.T, h *apptest.House, actor account.Actor, name string, count int) (made []uuid.UUID) {
	t.Helper()
	now := h.Services.Clock.Now()
	past := drilltest.New(t, h.Services.DB, actor, name, now.AddDate(0, 0, -90))
	for i := range count {
		_, id := past.Backup(now.Add(-time.Duration(i)*time.Hour), int64(1000+i))
		made = append(made, id)
	}
	return made
}

func TestHoldsAndDeletion(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	made := history(t, h, h.Actor, "shop-db", 3)
	newest, older := "/snapshots/"+made[0].String(), "/snapshots/"+made[1].String()
	viewer, operator := h.Member(account.RoleViewer), h.Member(account.RoleOperator)
	t.Run("a viewer can't hold, release or delete, and is offered none of it", func(t *testing.T) {
		has(t, viewer.Post(older+"/holds", "reason", "audit"), 403)
		has(t, viewer.Post("/holds", "id", made[1].String(), "reason", "audit"), 403)
		has(t, viewer.Post(older+"/deletions", "confirm", backup.ShortID(made[1])), 403)
		lacks(t, viewer.Get(older), "/holds", "/deletions", "/restores/new", "/drills\"")
		lacks(t, viewer.Get("/snapshots"), `name="id"`)
		if n := h.Count(`SELECT count(*) FROM holds`); n != 0 {
			t.Errorf("%d holds", n)
		}
	})
	t.Run("a hold says why, and ends on a day to come", func(t *testing.T) {
		has(t, operator.Post(older+"/holds", "reason", " ", "until", "2001-01-01"), 422, "Say why, in at most 500 characters.", "Choose a day that is still to come", `value="2001-01-01"`)
		has(t, operator.Post(older+"/holds", "reason", "audit", "until", "soon"), 422, "Choose a day that is still to come", `value="audit"`)
	})
	t.Run("a held snapshot stays, and says why and until when", func(t *testing.T) {
		day := h.Services.Clock.Now().AddDate(1, 0, 0)
		answer := operator.Post(older+"/holds", "reason", "Year-end <audit>", "until", day.Format(time.DateOnly))
		if answer.Status != 303 || answer.Location() != older {
			t.Fatal(answer.Status, answer.Location())
		}
		has(t, operator.Get(older), 200, "held: Year-end &lt;audit&gt;", "not before", "1 snapshot is held.")
		has(t, operator.Get("/snapshots?show=held"), 200, made[1].String())
		lacks(t, operator.Get("/snapshots?show=held"), made[0].String())
		has(t, h.Owner.Post(older+"/deletions", "confirm", backup.ShortID(made[1])), 409, "A hold keeps this snapshot.", "Release the hold first.")
	})
	t.Run("only who confirms who they are ends a hold", func(t *testing.T) {
		hold := regexp.MustCompile(`/holds/[0-9a-f-]{36}/releases`).FindString(h.Owner.Get(older).Body)
		has(t, operator.Post(hold), 403)
		h.Exec(`UPDATE sessions SET stepped_up_at = now() - interval '1 hour'`)
		if answer := h.Owner.Post(hold); answer.Status != 303 || !strings.HasPrefix(answer.Location(), "/confirm?next=") {
			t.Error(answer.Status, answer.Location())
		}
		h.Exec(`UPDATE sessions SET stepped_up_at = now()`)
		if answer := h.Owner.Post(hold); answer.Status != 303 {
			t.Error(answer.Status)
		}
		lacks(t, h.Owner.Get(older), "held: Year-end")
		has(t, h.Owner.Post(hold), 404)
	})
	t.Run("the last good snapshot can't be deleted, and the words say so", func(t *testing.T) {
		has(t, h.Owner.Post(newest+"/deletions", "confirm", backup.ShortID(made[0])), 409, "This is the last good snapshot, so it stays.", "Back up once more")
	})
	t.Run("deleting asks for the id, and for who it is", func(t *testing.T) {
		has(t, h.Owner.Post(older+"/deletions", "confirm", "yes"), 422, "Type "+backup.ShortID(made[1])+" to delete it.")
		h.Exec(`UPDATE sessions SET stepped_up_at = now() - interval '1 hour'`)
		has(t, h.Owner.Get(older), 200, "/confirm?next="+older+"%23delete")
		if answer := h.Owner.Post(older+"/deletions", "confirm", backup.ShortID(made[1])); !strings.HasPrefix(answer.Location(), "/confirm?next=") {
			t.Error(answer.Status, answer.Location())
		}
		h.Exec(`UPDATE sessions SET stepped_up_at = now()`)
		if answer := h.Owner.Post(older+"/deletions", "confirm", " "+backup.ShortID(made[1])+" "); answer.Status != 303 || answer.Location() != "/snapshots" {
			t.Fatal(answer.Status, answer.Location())
		}
	})
	t.Run("one that is going can't be browsed, held or deleted again", func(t *testing.T) {
		has(t, h.Owner.Get(older), 200, "This snapshot is being deleted")
		lacks(t, h.Owner.Get(older), older+"/files", older+"/holds")
		for _, path := range []string{"/files", "/download.zip", "/files/download?path=x"} {
			has(t, h.Owner.Get(older+path), 409, "This snapshot was deleted.")
		}
		has(t, h.Owner.Post(older+"/holds", "reason", "late"), 409)
		has(t, h.Owner.Post(older+"/deletions", "confirm", backup.ShortID(made[1])), 409)
	})
	t.Run("several are held at once, all of them or none", func(t *testing.T) {
		has(t, operator.Post("/holds?show=held&q=shop", "reason", "audit"), 422, "Choose at least one snapshot, and at most 200 at once.", `value="shop"`, `href="/snapshots?q=shop&amp;show=deleted"`, `action="/holds?q=shop&amp;show=held"`)
		has(t, operator.Post("/holds", "id", made[0].String(), "id", made[1].String(), "reason", "audit"), 409)
		if n := h.Count(`SELECT count(*) FROM holds WHERE released_at IS NULL`); n != 0 {
			t.Errorf("%d of them are held", n)
		}
		answer := operator.Post("/holds?q=shop", "id", made[0].String(), "id", made[2].String(), "id", made[2].String(), "reason", "audit")
		if answer.Status != 303 || answer.Location() != "/snapshots?q=shop" {
			t.Fatal(answer.Status, answer.Location())
		}
		has(t, operator.Get("/snapshots"), 200, "2 snapshots are held.")
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("before the first backup it says how one comes to be", func(t *testing.T) {
		has(t, h.Owner.Get("/snapshots"), 200, "No snapshot yet", `href="/sources"`)
	})
	made := history(t, h, h.Actor, "shop-db", 250)
	other := history(t, h, h.Actor, "100%_sure", 2)
	theirs := history(t, h, h.Other, "shop-db", 1)
	ids := regexp.MustCompile(`href="/snapshots/([0-9a-f-]{36})"`)
	seen := func(page string) (found []string) {
		for _, match := range ids.FindAllStringSubmatch(page, -1) {
			found = append(found, match[1])
		}
		return found
	}
	t.Run("all pages together show each once, newest first", func(t *testing.T) {
		var all []string
		pages, at := 0, "/snapshots?q=shop"
		for next := regexp.MustCompile(`href="(/snapshots\?[^"]*before=[^"]*)" rel="next"`); at != ""; pages++ {
			answer := h.Owner.Get(at)
			has(t, answer, 200)
			all, at = append(all, seen(answer.Body)...), ""
			if match := next.FindStringSubmatch(answer.Body); match != nil {
				at = strings.ReplaceAll(match[1], "&amp;", "&")
			}
		}
		var want []string
		for _, id := range made {
			want = append(want, id.String())
		}
		if pages != 5 || !slices.Equal(all, want) {
			t.Errorf("%d pages, %d snapshots", pages, len(all))
		}
	})
	t.Run("it narrows by source, by name and by id", func(t *testing.T) {
		for query, want := range map[string]int{
			"q=" + backup.ShortID(made[7]): 1, "q=" + made[7].String()[:23]: 1, "q=100%25_": 2, "q=%25": 2, "q=100_": 0, "q=nothing": 0,
			"show=held": 0, "show=deleted": 0,
		} {
			if got := seen(h.Owner.Get("/snapshots?" + query).Body); len(got) != want {
				t.Errorf("%s: %d, want %d", query, len(got), want)
			}
		}
		has(t, h.Owner.Get("/snapshots?q=nothing"), 200, "No snapshot is like that", "Show all snapshots")
	})
	t.Run("what was deleted is listed apart", func(t *testing.T) {
		h.Exec(`UPDATE snapshots SET state = 'deleted', deleted_at = now() WHERE id = $1`, other[1])
		has(t, h.Owner.Get("/snapshots?show=deleted"), 200, other[1].String(), "deleted <time")
		lacks(t, h.Owner.Get("/snapshots?show=deleted"), `name="id"`)
		lacks(t, h.Owner.Get("/snapshots?q=100"), other[1].String())
	})
	t.Run("nobody sees another workspace's", func(t *testing.T) {
		if got := seen(h.Stranger.Get("/snapshots").Body); !slices.Equal(got, []string{theirs[0].String()}) {
			t.Errorf("%d", len(got))
		}
	})
	t.Run("an address that makes no sense is no page", func(t *testing.T) {
		for _, query := range []string{"before=x", "before=zz-" + made[0].String(), "source=x", "before=" + strings.Repeat("z", 30) + "-" + made[0].String()} {
			if answer := h.Owner.Get("/snapshots?" + query); answer.Status != 404 && answer.Status != 200 {
				t.Errorf("%s: %d", query, answer.Status)
			}
		}
	})
}

// TestStrangers holds each route against an id of another workspace.
func TestStrangers(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	made := history(t, h, h.Actor, "shop-db", 2)
	page := "/snapshots/" + made[1].String()
	hold, err := h.Services.Backups.Hold(t.Context(), h.Actor, made[1], backup.HoldInput{Reason: "audit"})
	must(t, err)
	for _, id := range []string{made[1].String(), uuid.NewString(), "x", "../snapshots"} {
		at := strings.Replace(page, made[1].String(), id, 1)
		for _, path := range []string{"", "/changes", "/files", "/files?view=files", "/files/download?path=a", "/download.zip"} {
			if answer := h.Stranger.Get(at + path); answer.Status != 404 {
				t.Errorf("GET %s%s: %d", at, path, answer.Status)
			}
		}
		for path, form := range map[string][]string{
			"/deletions": {"confirm", backup.ShortID(made[1])}, "/download.zip": {"path", "a"}, "/drills": nil, "/holds": {"reason", "mine"},
		} {
			if answer := h.Stranger.Post(at+path, form...); answer.Status != 404 {
				t.Errorf("POST %s%s: %d", at, path, answer.Status)
			}
		}
	}
	for path, form := range map[string][]string{
		"/holds": {"id", made[1].String(), "reason", "mine"}, fmt.Sprintf("/holds/%s/releases", hold): nil,
	} {
		if answer := h.Stranger.Post(path, form...); answer.Status != 404 {
			t.Errorf("POST %s: %d", path, answer.Status)
		}
	}
	if n := h.Count(`SELECT count(*) FROM holds WHERE released_at IS NULL`); n != 1 {
		t.Errorf("%d holds", n)
	}
}
