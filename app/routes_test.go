package app_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/config"
)

// visitor is one who tries every route.
type visitor struct {
	name  string
	ask   func(method, path string, form []string) apptest.Answer
	judge func(r row, method, path string, a apptest.Answer) bool
	blind bool // nothing of the owner's workspace may show
}

// TestRoutes tries every route as everybody who should not get far: nobody but
// members sees anything of a workspace, and a viewer only looks. A route without a
// row in the table fails it.
func TestRoutes(t *testing.T) {
	t.Parallel()
	h := apptest.New(t, func(c *config.Config) { c.TestClock = true })
	things := h.Things()
	visitors := append(people(h), programs(h)...)
	seen := footprint(h)
	asked := map[string]bool{}
	for _, name := range routesOf(h) {
		asked[name] = true
		method, pattern, _ := strings.Cut(name, " ")
		r, known := routes[name]
		if !known {
			t.Errorf("%s has no row: say in routes_table_test.go who may come there", name)
			continue
		}
		path, form := r.fill(pattern, things)
		isAPI := strings.HasPrefix(path, "/api/v1")
		for _, v := range visitors {
			if strings.HasPrefix(v.name, "token") != isAPI || r.door == shut && v.name != "anonymous" {
				continue
			}
			a := v.ask(method, path, form)
			if !v.judge(r, method, path, a) || a.Status >= 500 {
				t.Errorf("%s: %s answers %d %s", v.name, name, a.Status, a.Location())
			}
			if now := footprint(h); now != seen && (v.blind || r.door > view) {
				t.Errorf("%s: %s did something in the owner's workspace", v.name, name)
			}
			seen = footprint(h)
			if v.blind && strings.Contains(a.Body+a.Location(), apptest.Canary) {
				t.Errorf("%s: %s tells of another workspace", v.name, name)
			}
		}
	}
	for name := range routes {
		if !asked[name] {
			t.Errorf("%s is in the table and no route any more", name)
		}
	}
}

// routesOf is what the process answers; what ends or moves the visitor's own session
// comes last.
func routesOf(h *apptest.House) (names []string) {
	for _, route := range h.App.GetRoutes(true) {
		if name := route.Method + " " + route.Path; route.Method != http.MethodHead && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return slices.Index(leaving, a) - slices.Index(leaving, b) })
	return names
}

var leaving = []string{"POST /workspaces", "POST /workspaces/:id/visits", "POST /settings/sessions/:id/revocations", "POST /settings/sessions/revocations", "POST /sign-out"}

// people come with a browser.
func people(h *apptest.House) []visitor {
	viewer, gone := h.Member(account.RoleViewer), h.Member(account.RoleOwner)
	h.Exec(`DELETE FROM members WHERE user_id = (SELECT id FROM users WHERE email = $1)`, gone.Email)
	return []visitor{
		{"anonymous", browse(h.Anonymous), turnedAway, true},
		{"another workspace's owner", browse(again(h.Stranger)), outside, true},
		{"ex-member", browse(again(gone)), exMember, true},
		{"viewer", browse(again(viewer)), onlyLooks, false},
	}
}

// programs come with a token.
func programs(h *apptest.House) []visitor {
	revoked := h.Token("admin")
	h.Exec(`UPDATE api_tokens SET revoked_at = now() WHERE workspace_id = $1`, h.Actor.Workspace)
	return []visitor{
		{"token: none", call(h, ""), unknown, true},
		{"token: revoked", call(h, revoked), unknown, true},
		{"token: another workspace's", call(h, h.TokenOf(h.Other, "admin")), outside, true},
		{"token: read", call(h, h.Token("read")), onlyLooks, false},
	}
}

// footprint counts what anybody did in the owner's workspace.
func footprint(h *apptest.House) int64 {
	return h.Count(`SELECT (SELECT count(*) FROM audit_events WHERE workspace_id = $1) + (SELECT count(*) FROM tasks WHERE workspace_id = $1)
		+ (SELECT count(*) FROM holds WHERE workspace_id = $1 AND released_at IS NULL)`, h.Actor.Workspace)
}

func again(p *apptest.Person) func() *apptest.Person { return func() *apptest.Person { return p } }

func browse(who func() *apptest.Person) func(method, path string, form []string) apptest.Answer {
	return func(method, path string, form []string) apptest.Answer {
		if method == http.MethodPost {
			return who().Post(path, form...)
		}
		req := httptest.NewRequest(method, path, nil)
		if method == http.MethodConnect {
			req.RequestURI = path // as only a forged request has it
		}
		req.Header.Set("Origin", "http://example.com")
		return who().Do(req)
	}
}

func call(h *apptest.House, token string) func(method, path string, form []string) apptest.Answer {
	return func(method, path string, form []string) apptest.Answer {
		body := strings.Join(form, "")
		if strings.HasPrefix(body, "?") {
			path, body = path+body, ""
		}
		return h.JSON(token, method, path, body)
	}
}

func isOneOf(a apptest.Answer, statuses ...int) bool { return slices.Contains(statuses, a.Status) }

func sentTo(a apptest.Answer, path string) bool {
	return (a.Status == http.StatusSeeOther || a.Status == http.StatusNoContent) && strings.HasPrefix(a.Location(), path)
}

// turnedAway: who is not signed in is asked to, or refused.
func turnedAway(r row, method, _ string, a apptest.Answer) bool {
	if r.door == open {
		return true
	}
	return isOneOf(a, 401, 403, 404) || method == http.MethodGet && sentTo(a, "/sign-in")
}

// unknown: a program that nobody knows.
func unknown(_ row, _, _ string, a apptest.Answer) bool { return a.Status == 401 }

// outside: another workspace's things are not there; one's own are one's own.
func outside(r row, _, _ string, a apptest.Answer) bool {
	if r.thing != nil || r.door == staff {
		return isOneOf(a, 401, 403, 404)
	}
	return true
}

// exMember: who is in no workspace has only themselves.
func exMember(r row, _, _ string, a apptest.Answer) bool {
	if r.door == open || r.door == self {
		return true
	}
	return isOneOf(a, 401, 403, 404) || sentTo(a, "/sign-in") || sentTo(a, "/workspaces/new")
}

// onlyLooks: what changes anything is refused.
func onlyLooks(r row, _, _ string, a apptest.Answer) bool {
	if r.door == open || r.door == self || r.door == view {
		return true
	}
	return isOneOf(a, 403, 404)
}
