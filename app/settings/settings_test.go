package settings_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

func wants(t *testing.T, answer apptest.Answer, status int, words ...string) {
	t.Helper()
	for _, word := range append(words, "") {
		if answer.Status != status || !strings.Contains(answer.Body, word) {
			t.Errorf("%d, want %d with %q: %.3000s", answer.Status, status, word, answer.Body)
			return
		}
	}
}

func goesTo(t *testing.T, answer apptest.Answer, path string) {
	t.Helper()
	if answer.Status != http.StatusSeeOther || answer.Location() != path {
		t.Errorf("%d to %q, want %q: %.2000s", answer.Status, answer.Location(), path, answer.Body)
	}
}

// TestRoles is every page and every write of the settings against every role.
func TestRoles(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	people := map[account.Role]*apptest.Person{}
	for _, role := range account.Roles() {
		people[role] = h.Member(role)
	}
	nobody := "/" + uuid.NewString() + "/"
	for _, route := range []struct {
		method, path string
		least        account.Role // who may; those below are refused
		pairs        []string
		status       int // for those who may
	}{
		{http.MethodGet, "/settings", account.RoleViewer, nil, 200},
		{http.MethodGet, "/settings/sessions", account.RoleViewer, nil, 200},
		{http.MethodGet, "/settings/workspace", account.RoleViewer, nil, 200},
		{http.MethodGet, "/settings/members", account.RoleViewer, nil, 200},
		{http.MethodGet, "/settings/keys", account.RoleViewer, nil, 200},
		{http.MethodGet, "/settings/tokens", account.RoleAdmin, nil, 200},
		{http.MethodGet, "/settings/audit", account.RoleAdmin, nil, 200},
		{http.MethodGet, "/workspaces/new", account.RoleViewer, nil, 200},
		{http.MethodPost, "/settings", account.RoleViewer, []string{"name", "", "locale", "en", "time_zone", "UTC"}, 422},
		{http.MethodPost, "/settings/appearance", account.RoleViewer, []string{"theme", "light"}, 303},
		{http.MethodPost, "/settings/sessions/revocations", account.RoleViewer, nil, 303},
		{http.MethodPost, "/settings/sessions" + nobody + "revocations", account.RoleViewer, nil, 404},
		{http.MethodPost, "/settings/workspace", account.RoleAdmin, []string{"name", "Acacia", "time_zone", "UTC"}, 303},
		{http.MethodPost, "/settings/invitations", account.RoleAdmin, []string{"email", "x", "role", "viewer"}, 422},
		{http.MethodPost, "/settings/invitations" + nobody + "revocations", account.RoleAdmin, nil, 404},
		{http.MethodPost, "/settings/invitations" + nobody + "sendings", account.RoleAdmin, nil, 404},
		{http.MethodPost, "/settings/members" + nobody + "roles", account.RoleAdmin, []string{"role", "viewer"}, 404},
		{http.MethodPost, "/settings/members" + nobody + "removals", account.RoleAdmin, nil, 404},
		{http.MethodPost, "/settings/tokens", account.RoleAdmin, []string{"name", "", "scopes", "read", "days", "30"}, 422},
		{http.MethodPost, "/settings/tokens" + nobody + "revocations", account.RoleAdmin, nil, 404},
	} {
		allowed := true
		for _, role := range account.Roles() {
			want := route.status
			if !allowed {
				want = http.StatusForbidden
			}
			allowed = allowed && role != route.least
			if got := send(people[role], route.method, route.path, route.pairs...).Status; got != want {
				t.Errorf("%s %s as %s: %d, want %d", route.method, route.path, role, got, want)
			}
		}
		if answer := send(h.Anonymous(), route.method, route.path, route.pairs...); answer.Status != http.StatusUnauthorized && !strings.HasPrefix(answer.Location(), "/sign-in?next=") {
			t.Errorf("%s %s as nobody: %d", route.method, route.path, answer.Status)
		}
	}
	for role, sees := range map[account.Role]bool{account.RoleViewer: false, account.RoleOperator: false, account.RoleAdmin: true, account.RoleOwner: true} {
		page := people[role].Get("/settings").Body
		if strings.Contains(page, `href="/settings/tokens"`) != sees || strings.Contains(page, `href="/settings/audit"`) != sees {
			t.Errorf("%s sees tabs of tokens and the log: want %v", role, sees)
		}
	}
	viewer := people[account.RoleViewer]
	for path, form := range map[string]string{"/settings/members": "/settings/invitations", "/settings/workspace": `action="/settings/workspace"`} {
		if strings.Contains(viewer.Get(path).Body, form) {
			t.Errorf("a viewer is offered %s", form)
		}
	}
	if strings.Contains(viewer.Get("/settings/members").Body, "/roles") {
		t.Error("a viewer is offered to change roles")
	}
	if strings.Contains(people[account.RoleAdmin].Get("/settings/tokens").Body, `value="admin"`) {
		t.Error("an admin is offered a token that may everything")
	}
}

func send(p *apptest.Person, method, path string, pairs ...string) apptest.Answer {
	if method == http.MethodGet {
		return p.Get(path)
	}
	return p.Post(path, pairs...)
}

// TestAnotherWorkspace walks every route that takes an id with ids of another one.
func TestAnotherWorkspace(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	accounts, ctx := h.Services.Accounts, t.Context()
	if err := accounts.Invite(ctx, h.Actor, "ivy@acacia.example", account.RoleViewer, "en"); err != nil {
		t.Fatal(err)
	}
	waiting, err := accounts.Invitations(ctx, h.Actor)
	if err != nil {
		t.Fatal(err)
	}
	h.Token("read")
	tokens, err := accounts.Tokens(ctx, h.Actor)
	if err != nil {
		t.Fatal(err)
	}
	session, err := accounts.Authenticate(ctx, h.Owner.Cookie("levqor_session"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/settings/invitations/" + waiting[0].ID.String() + "/revocations",
		"/settings/invitations/" + waiting[0].ID.String() + "/sendings",
		"/settings/members/" + h.Actor.ID.String() + "/removals",
		"/settings/members/" + h.Actor.ID.String() + "/roles",
		"/settings/sessions/" + session.ID.String() + "/revocations",
		"/settings/tokens/" + tokens[0].ID.String() + "/revocations",
		"/settings/tokens/nonsense/revocations",
		"/workspaces/" + h.Actor.Workspace.String() + "/visits",
	} {
		if answer := h.Stranger.Post(path, "role", "viewer"); answer.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, answer.Status)
		}
	}
	for _, path := range []string{"/settings/members", "/settings/tokens", "/settings/audit", "/settings/workspace"} {
		if body := h.Stranger.Get(path).Body; strings.Contains(body, "ivy@") || strings.Contains(body, tokens[0].ID.String()) || strings.Contains(body, h.Owner.Email) {
			t.Errorf("%s shows another workspace", path)
		}
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("what is wrong is said at its field, and stays typed", func(t *testing.T) {
		answer := h.Owner.Post("/settings", "name", " ", "locale", "xx", "time_zone", "Mars/Olympus")
		wants(t, answer, http.StatusUnprocessableEntity, "3 things to mend", "Choose a time zone from the list", "Choose a language", `value="Mars/Olympus"`)
	})
	t.Run("a name that looks like markup is text", func(t *testing.T) {
		goesTo(t, h.Owner.Post("/settings", "name", "<b>Olive</b>", "locale", "en", "time_zone", "Europe/London"), "/settings")
		page := h.Owner.Get("/settings")
		wants(t, page, http.StatusOK, "Saved.", "&lt;b&gt;Olive&lt;/b&gt;", `value="Europe/London"`)
		if strings.Contains(page.Body, "<b>Olive") {
			t.Error("it is markup")
		}
	})
	t.Run("appearance is kept, and leads back to the page", func(t *testing.T) {
		goesTo(t, h.Owner.Post("/settings/appearance", "theme", "light", "rail", "slim", "back", "/settings/keys"), "/settings/keys")
		wants(t, h.Owner.Get("/settings"), http.StatusOK, `data-theme="levqor-light"`, `data-rail="slim"`)
		goesTo(t, h.Owner.Post("/settings/appearance", "theme", "dark", "back", "https://evil.example/"), "/settings")
		wants(t, h.Owner.Post("/settings/appearance", "theme", "pink"), http.StatusUnprocessableEntity)
	})
	t.Run("no other site changes anything", func(t *testing.T) {
		for _, path := range []string{
			"/settings", "/settings/appearance", "/settings/invitations", "/settings/sessions/revocations", "/settings/tokens", "/settings/workspace", "/workspaces",
		} {
			req := httptest.NewRequest(http.MethodPost, path, strings.NewReader("name=x&time_zone=UTC&scopes=read&days=1&locale=en"))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Origin", "https://evil.example")
			wants(t, h.Owner.Do(req), http.StatusForbidden, "another site")
		}
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	phone, stolen := h.SignIn(h.Owner.Email), h.SignIn(h.Owner.Email)
	page := h.Owner.Get("/settings/sessions")
	wants(t, page, http.StatusOK, "this one", "End all others")
	if n := strings.Count(page.Body, "/revocations"); n != 3 {
		t.Errorf("%d buttons, want one for each other session and one for all", n)
	}
	session, err := h.Services.Accounts.Authenticate(t.Context(), stolen.Cookie("levqor_session"))
	if err != nil {
		t.Fatal(err)
	}
	goesTo(t, h.Owner.Post("/settings/sessions/"+session.ID.String()+"/revocations"), "/settings/sessions")
	if stolen.Get("/settings").Status == http.StatusOK || phone.Get("/settings").Status != http.StatusOK {
		t.Error("the wrong session ended")
	}
	goesTo(t, h.Owner.Post("/settings/sessions/revocations"), "/settings/sessions")
	if phone.Get("/settings").Status == http.StatusOK || h.Owner.Get("/settings").Status != http.StatusOK {
		t.Error("all others end, this one goes on")
	}
}

func TestWorkspaces(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("a person without one is offered to make one, and nothing else breaks", func(t *testing.T) {
		lone := h.SignIn("lone@acacia.example")
		h.Exec(`DELETE FROM members WHERE user_id = (SELECT id FROM users WHERE email = 'lone@acacia.example')`)
		for _, path := range []string{"/", "/settings/workspace", "/settings/members", "/settings/tokens", "/settings/audit", "/settings/keys"} {
			goesTo(t, lone.Get(path), "/workspaces/new")
		}
		wants(t, lone.Get("/settings"), http.StatusOK)
		wants(t, lone.Get("/settings/sessions"), http.StatusOK)
		wants(t, lone.Get("/workspaces/new"), http.StatusOK, "in no workspace", "Sign out")
		wants(t, lone.Post("/workspaces", "name", "", "time_zone", "UTC"), http.StatusUnprocessableEntity, "Use 1 to 80 characters")
		goesTo(t, lone.Post("/workspaces", "name", "Lone & Co", "time_zone", "UTC"), "/")
		wants(t, lone.Get("/"), http.StatusOK, "Lone &amp; Co")
	})
	t.Run("one more is looked at once it is made, and the way back is a press", func(t *testing.T) {
		goesTo(t, h.Owner.Post("/workspaces", "name", "Second", "time_zone", "Asia/Tokyo"), "/")
		wants(t, h.Owner.Get("/settings/workspace"), http.StatusOK, `value="Second"`, `value="Asia/Tokyo"`)
		goesTo(t, h.Owner.Post("/workspaces/"+h.Actor.Workspace.String()+"/visits"), "/")
		wants(t, h.Owner.Get("/settings/workspace"), http.StatusOK, `value="olive"`)
	})
	t.Run("renaming", func(t *testing.T) {
		wants(t, h.Owner.Post("/settings/workspace", "name", "A\nB", "time_zone", "UTC"), http.StatusUnprocessableEntity, "on one line")
		goesTo(t, h.Owner.Post("/settings/workspace", "name", "Acacia", "time_zone", "UTC"), "/settings/workspace")
		wants(t, h.Owner.Get("/settings/audit"), http.StatusOK, "Workspace changed", "Acacia")
	})
}

func TestAuditLog(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	for i := range 60 {
		h.Exec(`INSERT INTO audit_events (workspace_id, at, actor_kind, actor_name, action, subject_kind, subject_id, subject_name)
			VALUES ($1, now(), 'token', 'nightly', 'source.created', 'source', '', $2)`, h.Actor.Workspace, fmt.Sprintf("source-%02d", i))
	}
	page := h.Owner.Get("/settings/audit")
	wants(t, page, http.StatusOK, "Source added", "source-59", "source-10", "nightly", "Older")
	if strings.Contains(page.Body, "source-09") || strings.Contains(page.Body, "Newest") {
		t.Error("the first page holds 50")
	}
	_, rest, _ := strings.Cut(page.Body, "/settings/audit?before=")
	before, _, _ := strings.Cut(rest, `"`)
	wants(t, h.Owner.Get("/settings/audit?before="+before), http.StatusOK, "source-09", "source-00", "Workspace made", "Newest")
	for _, nonsense := range []string{"-1", "x", "99999999999999999999"} {
		wants(t, h.Owner.Get("/settings/audit?before="+nonsense), http.StatusNotFound)
	}
}
