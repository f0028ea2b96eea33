package restores_test

import (
	"archive/zip"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/restore"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/workers"
)

// shop is a house with one copy of a database in it.
type shop struct {
	*apptest.House
	apptest.Protected
	server   *drilltest.Server
	name     string
	password string
	forms    string // /snapshots/…/restores
}

func newShop(t *testing.T, name string) *shop {
	t.Helper()
	t.Parallel()
	s := &shop{House: apptest.New(t), name: name}
	server, config, password := drilltest.Shop(t, name, 300)
	s.Work(workers.Run)
	s.server, s.password = server, password
	s.Protected = s.Protect(source.Input{Name: name, Kind: source.Postgres, Config: source.Config{Postgres: &config}, Secret: secret.Text(password)})
	s.forms = "/snapshots/" + s.Snapshot.String() + "/restores"
	t.Cleanup(func() {
		for _, other := range s.databases(t) {
			if strings.HasPrefix(other, name+"_") {
				server.SQL(t, "postgres", `DROP DATABASE IF EXISTS "`+other+`" WITH (FORCE)`)
			}
		}
	})
	return s
}

// databases are the shop's and what was restored beside it; the server has other
// tests' too.
func (s *shop) databases(t *testing.T) []string {
	t.Helper()
	return drilltest.Ask[[]string](t, s.server, "postgres", `SELECT array_agg(datname::text ORDER BY datname) FROM pg_database WHERE starts_with(datname, '`+s.name+`')`)
}

func (s *shop) orders(t *testing.T, database string) int {
	t.Helper()
	return drilltest.Ask[int](t, s.server, database, `SELECT count(*) FROM orders`)
}

// beside asks for a copy in a new database of that name.
func (s *shop) beside(name string, more ...string) []string {
	return append([]string{"to", "copy", "database", s.name, "copy_name", name}, more...)
}

func has(t *testing.T, a apptest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("%d, want %d: %s", a.Status, status, a.Body)
	}
	for _, text := range texts {
		if !strings.Contains(a.Body, text) {
			t.Errorf("%q is not in %s", text, a.Body)
		}
	}
}

func lacks(t *testing.T, a apptest.Answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.Body, text) {
			t.Errorf("%q is in %s", text, a.Body)
		}
	}
}

// ordered is the restore that an answer leads to, done.
func ordered(t *testing.T, h *apptest.House, a apptest.Answer) (uuid.UUID, task.Task) {
	t.Helper()
	id, err := uuid.Parse(strings.TrimPrefix(a.Location(), "/restores/"))
	if a.Status != 303 || err != nil {
		t.Fatalf("%d %s: %s", a.Status, a.Location(), a.Body)
	}
	return id, h.Await(id)
}

func TestADatabaseComesBack(t *testing.T) {
	s := newShop(t, "app_back")
	viewer, operator := s.Member(account.RoleViewer), s.Member(account.RoleOperator)
	name := restore.NewName(s.name, s.Services.Clock.Now())

	t.Run("never by a viewer, who sees no form", func(t *testing.T) {
		for path, answer := range map[string]apptest.Answer{
			"new": viewer.Get(s.forms + "/new"), "check": viewer.Post(s.forms+"/checks", "to", "download"),
			"start": viewer.Post(s.forms, "to", "download"), "live": viewer.Post(s.forms, "to", "live", "confirm", s.name),
		} {
			if answer.Status != 403 {
				t.Errorf("%s: %d", path, answer.Status)
			}
		}
	})
	t.Run("after a form that proposes a safe copy", func(t *testing.T) {
		page := operator.Get(s.forms + "/new")
		has(t, page, 200, "Where should", "A safe copy beside it", `value="`+name+`"`, "all 2 tables", "Another server", "A download", "A folder", "Over the live data")
		lacks(t, page, "A bucket")
	})
	t.Run("and a check that says what will happen", func(t *testing.T) {
		has(t, operator.Post(s.forms+"/checks", s.beside("app_back_1")...), 200, "400 rows", "2 tables", "app_<wbr>back_<wbr>1", "Free on this server", "nothing", "Restore now", "The time was measured")
		if slices.Contains(s.databases(t), "app_back_1") {
			t.Error("a check made the database")
		}
	})
	t.Run("into a new database, rows and all", func(t *testing.T) {
		id, done := ordered(t, s.House, operator.Post(s.forms, s.beside("app_back_1")...))
		if done.State != task.Succeeded || s.orders(t, "app_back_1") != 300 || s.orders(t, s.name) != 300 {
			t.Fatalf("%+v", done)
		}
		page := viewer.Get("/restores/" + id.String())
		has(t, page, 200, "What came back", "app_back_1", ">400<", "psql --host=", "SQL that removes it", "Passwords of roles are not in a copy")
		lacks(t, page, s.password, "Restore this copy again")
		has(t, viewer.Get("/restores"), 200, id.String(), "app_back_1", "Done")
	})
	t.Run("not over a name that is taken", func(t *testing.T) {
		has(t, operator.Post(s.forms+"/checks", s.beside("app_back_1")...), 200, "A database named app_back_1 already exists")
		lacks(t, operator.Post(s.forms+"/checks", s.beside("app_back_1")...), "Restore now")
		answer := operator.Post(s.forms, s.beside(s.name)...)
		has(t, answer, 422, "is the live one", `href="#f-names"`, `id="f-names-error"`)
	})
	t.Run("as a single table", func(t *testing.T) {
		path := restore.Table{Database: s.name, Schema: "public", Name: "customers"}.Path()
		has(t, operator.Get(s.forms+"/new?path="+url.QueryEscape(path)), 200, "1 table", "app_back.public.customers", "Single tables can’t go over the live data")
		_, done := ordered(t, s.House, operator.Post(s.forms, s.beside("app_back_2", "path", path)...))
		if n := drilltest.Ask[int](t, s.server, "app_back_2", `SELECT count(*) FROM customers`); done.State != task.Succeeded || n != 100 {
			t.Fatalf("%d, %+v", n, done)
		}
		has(t, operator.Get(s.forms+"/new?path=app_back%2Fpublic%2Fnothing"), 422)
	})
	t.Run("on another server, whose password stays unseen", func(t *testing.T) {
		wrong := operator.Post(s.forms, "to", "server", "database", s.name, "server_name", "app_back_3", "server_source", "new",
			"server_host", "a b", "server_port", "70000", "server_user", "me", "server_password", "hunter-2-hunter", "server_tls", "require")
		has(t, wrong, 422, `id="f-server_host-error"`, `id="f-server_port-error"`, `value="a b"`, "Type it again", `value="app_back_3"`)
		lacks(t, wrong, "hunter-2")
		found, err := s.Services.Sources.Get(t.Context(), s.Actor, s.Source)
		if err != nil {
			t.Fatal(err)
		}
		c := found.Config.Postgres
		_, done := ordered(t, s.House, operator.Post(s.forms, "to", "server", "database", s.name, "server_name", "app_back_3", "server_source", "new",
			"server_host", c.Host, "server_port", strconv.Itoa(c.Port), "server_user", c.User, "server_password", s.password, "server_tls", "disable"))
		if done.State != task.Succeeded || s.orders(t, "app_back_3") != 300 {
			t.Fatalf("%+v", done)
		}
	})
	t.Run("in folders that the operator allowed, only", func(t *testing.T) {
		answer := operator.Post(s.forms, "to", "folder", "folder", "/etc/levqor-test")
		has(t, answer, 422, `id="f-folder-error"`, `value="/etc/levqor-test"`, s.Root)
		into := filepath.Join(s.Root, "dump")
		has(t, operator.Post(s.forms+"/checks", "to", "folder", "folder", into), 200, "Free there")
		_, done := ordered(t, s.House, operator.Post(s.forms, "to", "folder", "folder", into))
		if _, err := os.Stat(filepath.Join(into, "levqor.json")); done.State != task.Succeeded || err != nil {
			t.Fatalf("%v, %+v", err, done)
		}
	})
	t.Run("is called off, and leaves nothing", func(t *testing.T) {
		before := s.databases(t)
		answer := operator.Post(s.forms, s.beside("app_back_4")...)
		id := strings.TrimPrefix(answer.Location(), "/restores/")
		if got := viewer.Post("/tasks/" + id + "/cancellations").Status; got != 403 {
			t.Errorf("a viewer cancels: %d", got)
		}
		operator.Post("/tasks/" + id + "/cancellations")
		_, done := ordered(t, s.House, answer)
		if after := s.databases(t); done.State == task.Canceled && !slices.Equal(before, after) {
			t.Errorf("before %v, after %v", before, after)
		}
		has(t, operator.Get("/restores/"+id), 200, "Restore this copy again")
	})
}

func TestOverTheLiveData(t *testing.T) {
	s := newShop(t, "app_live")
	s.server.SQL(t, s.name, `DELETE FROM orders WHERE id > 10`)
	t.Run("asks for the typed name, and nothing less", func(t *testing.T) {
		has(t, s.Owner.Get(s.forms+"/new?to=live"), 200, `name="confirm"`, "You have confirmed")
		for _, typed := range []string{"", "APP_LIVE", "app_live_2"} {
			answer := s.Owner.Post(s.forms, "to", "live", "confirm", typed)
			has(t, answer, 422, `id="f-confirm-error"`)
		}
		if s.orders(t, s.name) != 10 {
			t.Error("it was replaced")
		}
	})
	s.Services.Clock.Shift(account.StepUpFor + time.Second)
	t.Run("sends people to confirm who they are, and back to the form as it was", func(t *testing.T) {
		has(t, s.Owner.Post(s.forms+"/checks", "to", "live", "folder", "/typed/before"), 200, "all since", "Confirm that it is you")
		answer := s.Owner.Post(s.forms, "to", "live", "confirm", s.name, "folder", "/typed/before", "server_password", "hunter-2-hunter")
		to, err := url.Parse(answer.Location())
		if err != nil || answer.Status != 303 || to.Path != "/confirm" {
			t.Fatalf("%d %s", answer.Status, answer.Location())
		}
		back := to.Query().Get("next")
		if strings.Contains(back, "hunter") || strings.Contains(back, "confirm=") {
			t.Errorf("the way back tells: %s", back)
		}
		page := s.Owner.Get(back)
		has(t, page, 200, `value="live" checked`, `value="/typed/before"`)
		lacks(t, page, `name="confirm"`)
	})
	s.Services.Clock.Shift(0)
	t.Run("keeps the state of before and says how to get it back", func(t *testing.T) {
		id, done := ordered(t, s.House, s.Owner.Post(s.forms, "to", "live", "confirm", s.name))
		if done.State != task.Succeeded || s.orders(t, s.name) != 300 {
			t.Fatalf("%+v", done)
		}
		page := s.Owner.Get("/restores/" + id.String())
		has(t, page, 200, "app_live_before_", "SQL that undoes it", "If you want it undone")
		has(t, s.Owner.Get("/restores"), 200, "over the live data", "How to undo it")
	})
}

func TestADownload(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	from := filepath.Join(h.Root, "papers")
	for name, text := range map[string]string{"a.txt": "first", "deep/b.txt": "second"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(from, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := h.Protect(source.Input{Name: "papers <b>", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: from}}})
	forms := "/snapshots/" + p.Snapshot.String() + "/restores"
	viewer := h.Member(account.RoleViewer)
	page := h.Owner.Get(forms + "/new")
	has(t, page, 200, "papers &lt;b&gt;", "all 2 files", "A bucket", html.EscapeString(filepath.Join(h.Root, "papers--b-restored-")))
	lacks(t, page, "Another server")

	id, done := ordered(t, h, h.Owner.Post(forms, "to", "download", "path", "deep"))
	link := "/restores/" + id.String()
	t.Run("is there at once", func(t *testing.T) {
		if done.State != task.Succeeded {
			t.Fatalf("%+v", done)
		}
		has(t, h.Owner.Get(link), 200, "Download the zip", link+"/download.zip", "1 file or folder")
		has(t, h.Owner.Get("/restores"), 200, "link works until")
	})
	t.Run("holds what was chosen", func(t *testing.T) {
		answer := h.Owner.Get(link + "/download.zip")
		if answer.Status != 200 || answer.Header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment; ") || answer.Header.Get("Content-Encoding") != "" {
			t.Fatalf("%d %v", answer.Status, answer.Header)
		}
		read, err := zip.NewReader(strings.NewReader(answer.Body), int64(len(answer.Body)))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range read.File {
			names = append(names, f.Name)
		}
		if !slices.Contains(names, "deep/b.txt") || slices.Contains(names, "a.txt") {
			t.Error(names)
		}
		if used := h.Count(`SELECT count(*) FROM audit_events WHERE action = 'snapshot.downloaded'`); used != 1 {
			t.Errorf("%d in the audit log", used)
		}
	})
	t.Run("is not for viewers, strangers and latecomers", func(t *testing.T) {
		lacks(t, viewer.Get(link), "/download.zip")
		if got := viewer.Get(link + "/download.zip").Status; got != 403 {
			t.Errorf("a viewer: %d", got)
		}
		if got := h.Stranger.Get(link + "/download.zip").Status; got != 404 {
			t.Errorf("a stranger: %d", got)
		}
		h.Exec(`UPDATE tasks SET created_at = created_at - interval '8 days' WHERE id = $1`, id)
		if got := h.Owner.Get(link + "/download.zip").Status; got != 404 {
			t.Errorf("after a week: %d", got)
		}
		has(t, h.Owner.Get(link), 200, "The link stopped working")
	})
	t.Run("of what the copy does not have is refused by the check", func(t *testing.T) {
		has(t, h.Owner.Post(forms+"/checks", "to", "download", "path", "no/such"), 422, "no/such is not in this copy")
		has(t, h.Owner.Post(forms, "to", "download", "path", "../../etc"), 422)
	})
	t.Run("files come back in a folder, and over the live ones with a copy of today first", func(t *testing.T) {
		into := filepath.Join(h.Root, "back")
		_, done := ordered(t, h, h.Owner.Post(forms, "to", "folder", "folder", into))
		if text, err := os.ReadFile(filepath.Join(into, "deep/b.txt")); done.State != task.Succeeded || string(text) != "second" {
			t.Fatalf("%v %s %+v", err, text, done)
		}
		if err := os.WriteFile(filepath.Join(from, "a.txt"), []byte("changed"), 0o600); err != nil {
			t.Fatal(err)
		}
		live, done := ordered(t, h, h.Owner.Post(forms, "to", "live", "confirm", "papers <b>"))
		if text, _ := os.ReadFile(filepath.Join(from, "a.txt")); done.State != task.Succeeded || string(text) != "first" {
			t.Fatalf("%s %+v", text, done)
		}
		has(t, h.Owner.Get("/restores/"+live.String()), 200, "If you want it undone", "/backups/")
	})
	t.Run("restores are another workspace’s business nowhere", func(t *testing.T) {
		for _, path := range []string{link, forms + "/new", "/restores/not-an-id", "/restores?source=" + p.Source.String(), "/restores?before=x"} {
			if got := h.Stranger.Get(path).Status; got != 404 {
				t.Errorf("%s: %d", path, got)
			}
		}
		for _, path := range []string{forms, forms + "/checks", "/tasks/" + id.String() + "/cancellations"} {
			if got := h.Stranger.Post(path, "to", "download").Status; got != 404 {
				t.Errorf("%s: %d", path, got)
			}
		}
		lacks(t, h.Stranger.Get("/restores"), link)
	})
}
