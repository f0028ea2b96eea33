package sources_test

import (
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
)

var tag = regexp.MustCompile(`<[^>]*>`)

func even(text string) string { return strings.Join(strings.Fields(text), " ") }

// has checks the status and that each text stands on the page, as people read it.
func has(t *testing.T, a apptest.Answer, status int, texts ...string) {
	t.Helper()
	body := even(html.UnescapeString(a.Body))
	read := even(tag.ReplaceAllString(body, ""))
	if a.Status != status {
		t.Errorf("status %d, want %d: %s", a.Status, status, a.Location())
	}
	for _, text := range texts {
		if !strings.Contains(body, text) && !strings.Contains(read, text) {
			t.Errorf("%q is not on the page", text)
		}
	}
}

// files adds a folder source without its page.
func files(t *testing.T, h *apptest.House, name string) uuid.UUID {
	t.Helper()
	path := filepath.Join(h.Root, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	id, _, err := h.Services.Sources.Create(t.Context(), h.Actor, source.Input{Name: name, Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: path}}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	id := files(t, h, "papers")
	page := "/sources/" + id.String()
	test := "/source-tests/" + only(t, h, id).String()
	viewer, operator := h.Member(account.RoleViewer), h.Member(account.RoleOperator)
	t.Run("a viewer looks, and is offered nothing to change", func(t *testing.T) {
		for _, path := range []string{"/sources", page, test} {
			answer := viewer.Get(path)
			has(t, answer, 200, "papers")
			for _, offer := range []string{"/sources/new", page + "/settings", page + "/tests", "/cancellations", "/plans/new"} {
				if strings.Contains(answer.Body, `"`+offer) {
					t.Errorf("%s offers %s", path, offer)
				}
			}
		}
	})
	t.Run("nobody below an admin adds, changes or deletes", func(t *testing.T) {
		for _, person := range []*apptest.Person{viewer, operator} {
			for _, path := range []string{"/sources/new", page + "/settings"} {
				has(t, person.Get(path), 403, "Your role in this workspace does not allow that.")
			}
			for _, path := range []string{"/sources", "/sources/sample", page, page + "/deletions"} {
				has(t, person.Post(path, "kind", "folder", "name", "other", "path", h.Root, "confirm", "papers"), 403)
			}
		}
		has(t, viewer.Post(page+"/tests"), 403)
	})
	t.Run("another workspace finds nothing", func(t *testing.T) {
		for _, path := range []string{page, page + "/settings", test, "/sources/none", "/source-tests/none"} {
			has(t, h.Stranger.Get(path), 404)
		}
		for _, path := range []string{page, page + "/deletions", page + "/tests"} {
			has(t, h.Stranger.Post(path, "name", "stolen", "confirm", "papers"), 404)
		}
		if strings.Contains(h.Stranger.Get("/sources").Body, "papers") {
			t.Error("it is on another workspace's list")
		}
	})
	t.Run("a second press goes to the test that runs", func(t *testing.T) {
		if answer := operator.Post(page + "/tests"); answer.Status != 303 || answer.Location() != test {
			t.Error(answer.Status, answer.Location())
		}
	})
	t.Run("without a sample on offer there is none to add", func(t *testing.T) {
		has(t, h.Owner.Post("/sources/sample"), 404)
	})
}

// only is the source's newest test.
func only(t *testing.T, h *apptest.House, id uuid.UUID) uuid.UUID {
	t.Helper()
	found, err := h.Services.Sources.Get(t.Context(), h.Actor, id)
	if err != nil || found.Test == nil {
		t.Fatal(err, found.Test)
	}
	return found.Test.ID
}

func TestTheFormSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	files(t, h, "papers")
	postgres := []string{"kind", "postgres", "name", "crm", "host", "db.example.com", "port", "5432", "user", "backup", "tls", "verify", "password", "hunter2secret"}
	bucket := []string{"kind", "s3", "name", "media", "endpoint", "", "bucket", "media", "access_key", "AKIA", "secret_key", "hunter2secret"}
	place := []string{"kind", "folder", "name", "files", "path", h.Root}
	for _, c := range []struct {
		name, field, value, sentence string
		form                         []string
	}{
		{"host", "host", "no host", "Give a host name or an IP address.", postgres},
		{"port", "port", "70000", "A port is a number from 1 to 65535.", postgres},
		{"port that is none", "port", "abc", "A port is a number from 1 to 65535.", postgres},
		{"user", "user", "", "Give the user’s name, at most 63 characters.", postgres},
		{"table", "exclude", "orders", "Write orders as schema.table or database.schema.table.", postgres},
		{"authority", "ca", "no certificate", "This is no certificate in PEM form.", postgres},
		{"bucket", "bucket", "no/bucket", "Enter the name of the bucket as your provider shows it.", bucket},
		{"endpoint", "endpoint", "https://a b", "Enter the endpoint as an address, like https://s3.example.com.", bucket},
		{"secret key", "secret_key", "", "Enter the secret key.", bucket},
		{"folder outside", "path", "/etc", "This lies outside of the allowed folders. Choose a folder in one of these: " + h.Root, place},
		{"folder by dots", "path", h.Root + "/../../etc", "This lies outside of the allowed folders.", place},
		{"folder not from the root", "path", "papers", "Enter a full path that begins with a slash.", place},
		{"pattern", "exclude", "[", "[ is no pattern.", place},
		{"no name", "name", " ", "Enter a name of at most 80 characters.", place},
		{"name taken", "name", "Papers", "There is a source called Papers already.", place},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := append([]string{}, c.form...)
			for i := 0; i < len(form); i += 2 {
				if form[i] == c.field {
					form[i+1] = c.value
				}
			}
			if c.field == "exclude" || c.field == "ca" {
				form = append(form, c.field, c.value)
			}
			answer := h.Owner.Post("/sources", form...)
			has(t, answer, 422, c.sentence, `id="f-`+c.field+`-error"`, `href="#f-`+c.field+`"`)
			if strings.Contains(answer.Body, "hunter2secret") {
				t.Error("the secret came back to the page")
			}
			if name := form[3]; strings.TrimSpace(name) != "" {
				has(t, answer, 422, `value="`+name+`"`)
			}
		})
	}
	if n := h.Count(`SELECT count(*) FROM sources`); n != 1 {
		t.Errorf("%d sources are there", n)
	}
	t.Run("the grant follows what is typed", func(t *testing.T) {
		has(t, h.Owner.Get("/sources/new?kind=postgres&user=anna-b"), 200, `CREATE ROLE "anna-b" LOGIN`, "CONNECTION LIMIT 20")
		has(t, h.Owner.Get("/sources/new?kind=s3&bucket=media&prefix=2026/"), 200, "arn:aws:s3:::media/2026/*", "s3:ListBucket")
		has(t, h.Owner.Get("/sources/new?kind=folder"), 200, h.Root)
	})
}

func TestChangingASource(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	form := []string{"kind", "postgres", "name", "crm", "host", "127.0.0.1", "port", "1", "user", "backup", "tls", "prefer", "password", "hunter2secret"}
	added := h.Owner.Post("/sources", form...)
	if added.Status != 303 || !strings.HasPrefix(added.Location(), "/source-tests/") {
		t.Fatal(added.Status, added.Location())
	}
	found, err := h.Services.Sources.List(t.Context(), h.Actor)
	if err != nil {
		t.Fatal(err)
	}
	id := found[0].ID
	page := "/sources/" + id.String()
	with := func(revision string, pairs ...string) []string {
		return append([]string{"revision", revision, "name", "crm", "host", "127.0.0.1", "port", "1", "user", "backup", "tls", "prefer"}, pairs...)
	}
	sealed := func() int64 { return h.Count(`SELECT hashtext(sealed_secret::text) FROM sources WHERE id = $1`, id) }
	before := sealed()
	t.Run("the page holds the access, never the secret", func(t *testing.T) {
		answer := h.Owner.Get(page + "/settings")
		has(t, answer, 200, `value="127.0.0.1"`, "Stored. Leave it empty to keep it.")
		if strings.Contains(answer.Body, "hunter2secret") {
			t.Error("the secret is on the page")
		}
	})
	t.Run("a secret that is left empty is kept, and a new name needs no test", func(t *testing.T) {
		answer := h.Owner.Post(page, with("1", "name", "crm-db")[2:]...)
		has(t, answer, 409, "Somebody else changed this source while you were here.") // without a revision nothing is replaced
		answer = h.Owner.Post(page, "revision", "1", "name", "crm-db", "host", "127.0.0.1", "port", "1", "user", "backup", "tls", "prefer")
		if answer.Status != 303 || answer.Location() != page || sealed() != before {
			t.Error(answer.Status, answer.Location())
		}
	})
	t.Run("who comes second keeps what was typed and sees that", func(t *testing.T) {
		answer := h.Owner.Post(page, with("1", "databases", "mine")...)
		has(t, answer, 409, "Somebody else changed this source while you were here.", ">mine</textarea>", `name="revision" value="2"`)
		if n := h.Count(`SELECT count(*) FROM sources WHERE config::text LIKE '%mine%'`); n != 0 {
			t.Error("it was saved")
		}
	})
	t.Run("a secret is not sent to another host", func(t *testing.T) {
		answer := h.Owner.Post(page, "revision", "2", "name", "crm-db", "host", "evil.example.com", "port", "1", "user", "backup", "tls", "prefer")
		has(t, answer, 422, "Enter the secret again.", `id="f-password-error"`)
	})
	t.Run("a changed access is tested", func(t *testing.T) {
		answer := h.Owner.Post(page, "revision", "2", "name", "crm-db", "host", "127.0.0.1", "port", "2", "user", "backup", "tls", "prefer")
		if answer.Status != 303 || !strings.HasPrefix(answer.Location(), "/source-tests/") || sealed() != before {
			t.Error(answer.Status, answer.Location())
		}
	})
	t.Run("it is deleted by its name only", func(t *testing.T) {
		has(t, h.Owner.Post(page+"/deletions", "confirm", "crm"), 422, "That is not the name. Type crm-db.")
		answer := h.Owner.Post(page+"/deletions", "confirm", " crm-db ")
		if answer.Status != 303 || answer.Location() != "/sources" {
			t.Fatal(answer.Status, answer.Location())
		}
		has(t, h.Owner.Get("/sources"), 200, "crm-db is deleted. Its snapshots stay.", "Add source")
		has(t, h.Owner.Get(page), 404)
	})
}
