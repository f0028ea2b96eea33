package home_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
)

func TestHome(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	viewer := h.Member(account.RoleViewer)
	t.Run("asks a stranger to the house to sign in", func(t *testing.T) {
		answer := h.Anonymous().Get("/")
		if answer.Status != 303 || answer.Location() != "/sign-in?next=%2F" {
			t.Errorf("%d %s", answer.Status, answer.Location())
		}
	})
	t.Run("offers the first source to an owner, not to a viewer", func(t *testing.T) {
		for person, offered := range map[*apptest.Person]bool{h.Owner: true, viewer: false} {
			answer := person.Get("/")
			if answer.Status != 200 || strings.Contains(answer.Body, `href="/sources/new"`) != offered {
				t.Errorf("%s: %d, offered is not %v", person.Email, answer.Status, offered)
			}
		}
	})
	from, _, err := h.Services.Sources.Create(t.Context(), h.Actor, source.Input{
		Name: "<papers>", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: h.Root}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("says what needs a person, with a button only for who may mend it", func(t *testing.T) {
		for person, button := range map[*apptest.Person]string{h.Owner: "Make a plan", viewer: "Look at it"} {
			body := person.Get("/").Body
			for _, piece := range []string{"<bdi>&lt;papers&gt;</bdi>: nothing backs it up", button, `href="/sources/` + from.String() + `"`} {
				if !strings.Contains(body, piece) {
					t.Errorf("%q is not there for %s", piece, person.Email)
				}
			}
		}
	})
	t.Run("another workspace's home knows nothing of it", func(t *testing.T) {
		if body := h.Stranger.Get("/").Body; strings.Contains(body, "papers") || strings.Contains(body, "rail-count") {
			t.Error(body)
		}
	})
	t.Run("every page of the rail is there, for every role, and counts what waits", func(t *testing.T) {
		h.Exec(`UPDATE users SET is_admin = true WHERE email = $1`, h.Owner.Email)
		entry := regexp.MustCompile(`class="rail-item" href="([^"]+)"`)
		for person, wanted := range map[*apptest.Person]int{h.Owner: 12, viewer: 11} {
			pages := map[string]bool{}
			for _, match := range entry.FindAllStringSubmatch(person.Get("/").Body, -1) {
				pages[match[1]] = true
			}
			if len(pages) != wanted {
				t.Errorf("%d pages: %v", len(pages), pages)
			}
			for page := range pages {
				answer := person.Get(page)
				if page == "/admin/jobs" {
					if there := person.Get(answer.Location()); there.Status != 200 { // in a frame of its own
						t.Errorf("%s: %d", answer.Location(), there.Status)
					}
					continue
				}
				if answer.Status != 200 || !strings.Contains(answer.Body, `<span class="sr-only">waiting: </span>1</span>`) {
					t.Errorf("%s: %d, or no count", page, answer.Status)
				}
			}
		}
	})
	t.Run("fits the budget", func(t *testing.T) {
		for range 30 {
			if _, _, err := h.Services.Sources.Create(t.Context(), h.Actor, source.Input{
				Name: uuid.NewString(), Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: h.Root}},
			}); err != nil {
				t.Fatal(err)
			}
		}
		if size := apptest.Gzipped(t, h.Owner.Get("/").Body); size > 30<<10 {
			t.Errorf("%d bytes", size)
		}
	})
}
