package templates_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("the gallery is searched and sorted", func(t *testing.T) {
		all := h.Owner.Get("/templates")
		if n := strings.Count(all.Body, `href="/templates/`); all.Status != http.StatusOK || n < 30 {
			t.Fatalf("%d, %d templates", all.Status, n)
		}
		if found := h.Owner.Get("/templates?q=late+invoices"); strings.Count(found.Body, `href="/templates/`) != 1 {
			t.Error("more than what was asked for")
		}
		if none := h.Owner.Get("/templates?q=zebra"); !strings.Contains(none.Body, "Nothing fits") {
			t.Error("nothing says that nothing fits")
		}
	})
	t.Run("category, level and words narrow it together, all in the address", func(t *testing.T) {
		found := h.Owner.Get("/templates?category=protect&level=easy&q=backup")
		got := regexp.MustCompile(`href="/templates/([a-z_]+)"`).FindAllStringSubmatch(found.Body, -1)
		if len(got) != 3 {
			t.Errorf("%q", got)
		}
		for _, link := range []string{"/templates?level=easy&amp;q=backup", "/templates?category=protect&amp;q=backup", "/templates?category=watch&amp;level=easy&amp;q=backup", "/templates?category=protect&amp;level=normal&amp;q=backup"} {
			if !strings.Contains(found.Body, `href="`+link+`"`) {
				t.Errorf("no way to %s", link)
			}
		}
		for _, kept := range []string{`name="category" value="protect"`, `name="level" value="easy"`} {
			if !strings.Contains(found.Body, kept) {
				t.Errorf("a new search forgets %s", kept)
			}
		}
		if none := h.Owner.Get("/templates?level=none"); none.Status != http.StatusOK || !strings.Contains(none.Body, "Nothing fits") {
			t.Error(none.Status)
		}
	})
	t.Run("one that needs a plan says so where there is none", func(t *testing.T) {
		if a := h.Owner.Get("/templates/dead_mans_switch"); !strings.Contains(a.Body, "works on a plan") || strings.Contains(a.Body, `name="plan"`) {
			t.Error(a.Body)
		}
	})
	t.Run("an unknown one is not there", func(t *testing.T) {
		if a := h.Owner.Get("/templates/nothing"); a.Status != http.StatusNotFound {
			t.Error(a.Status)
		}
	})
	t.Run("a viewer looks, and can't use it", func(t *testing.T) {
		viewer := h.Member(account.RoleViewer)
		if a := viewer.Get("/templates/site_check"); a.Status != http.StatusOK || strings.Contains(a.Body, `name="url"`) {
			t.Error(a.Status)
		}
		if a := viewer.Post("/templates/site_check", "name", "x", "url", "https://example.com", "to", "a@example.com"); a.Status != http.StatusForbidden {
			t.Error(a.Status)
		}
	})
	t.Run("wrong answers come back at their fields", func(t *testing.T) {
		a := h.Owner.Post("/templates/site_check", "name", "Is it up?", "url", "ftp://example.com", "to", "nobody")
		if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "An address that starts with https://") || !strings.Contains(a.Body, "An e-mail address.") || !strings.Contains(a.Body, "ftp://example.com") {
			t.Errorf("%d", a.Status)
		}
	})
	t.Run("it becomes a draft", func(t *testing.T) {
		a := h.Owner.Post("/templates/site_check", "name", "Is it up?", "url", "https://example.com", "to", "ada@example.com")
		if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location(), "/workflows/") {
			t.Fatalf("%d %s", a.Status, a.Location())
		}
		if n := h.Count(`SELECT count(*) FROM workflows WHERE name = 'Is it up?' AND live_version_id IS NULL AND draft::text LIKE '%https://example.com%'`); n != 1 {
			t.Error(n)
		}
	})
}
