package api_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"levqor/app/apptest"
)

// problem is a problem+json answer.
type problem struct {
	Type, Title, Code, Detail string
	Status                    int
	Fields                    []struct{ Field, Code, Message string }
	Request                   string `json:"request_id"`
}

func problemOf(t testing.TB, a apptest.Answer) (p problem) {
	t.Helper()
	if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%d is a %q: %.200s", a.Status, kind, a.Body)
	}
	decode(t, a, &p)
	if p.Status != a.Status || p.Code == "" || p.Title == "" || p.Detail == "" || p.Request == "" || p.Request != a.Header.Get("X-Request-Id") {
		t.Errorf("an incomplete problem, answered %d: %s", a.Status, a.Body)
	}
	return p
}

func decode(t testing.TB, a apptest.Answer, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		t.Fatalf("%d, no JSON: %v: %.300s", a.Status, err, a.Body)
	}
}

const nobody = "0192f0c1-7d2e-7c3a-9b1e-5a4c2d8e6f10"

func TestRefusals(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	read, admin := h.Token("read"), h.Token("admin")
	for _, c := range []struct {
		promise, token, method, path, body string
		status                             int
		code, field                        string
	}{
		{"nobody lists", "", "GET", "/api/v1/sources", "", 401, "account.fail.token", ""},
		{"a made-up token opens nothing", "lvq_" + strings.Repeat("0", 49), "GET", "/api/v1/sources", "", 401, "account.fail.token", ""},
		{"a token that is none opens nothing", "hello", "GET", "/api/v1/sources", "", 401, "account.fail.token", ""},
		{"a reader adds nothing", read, "POST", "/api/v1/sources", `{"name":"a","kind":"folder","path":"/x"}`, 403, "api.fail.scope", ""},
		{"a manager takes no kit", h.Token("manage"), "GET", "/api/v1/vaults/" + nobody + "/recovery-kit", "", 403, "api.fail.admin_scope", ""},
		{"there is no such source", admin, "GET", "/api/v1/sources/" + nobody, "", 404, "fail.not_found", ""},
		{"an id that is none is nobody's", admin, "GET", "/api/v1/sources/7", "", 404, "fail.not_found", ""},
		{"there is no such address", admin, "GET", "/api/v1/nothing", "", 404, "fail.not_found", ""},
		{"nor below the API", "", "GET", "/api/else", "", 404, "fail.not_found", ""},
		{"nor is it one itself", "", "GET", "/api", "", 404, "fail.not_found", ""},
		{"a method that is not offered", admin, "PUT", "/api/v1/sources", `{}`, 405, "fail.method", ""},
		{"a method that HTTP does not know", admin, "TRACE", "/api/v1/sources", "", 405, "fail.method", ""},
		{"no body", admin, "POST", "/api/v1/sources", "", 422, "fail.malformed", ""},
		{"no JSON", admin, "POST", "/api/v1/sources", `{"name":`, 422, "fail.malformed", "body"},
		{"a list for an object", admin, "POST", "/api/v1/sources", `[]`, 422, "fail.malformed", "body"},
		{"a zero in a text", admin, "POST", "/api/v1/sources", `{"name":"a\u0000b","kind":"folder","path":"/x"}`, 422, "fail.malformed", "body"},
		{"a missing field", admin, "POST", "/api/v1/sources", `{"kind":"folder"}`, 422, "fail.malformed", "name"},
		{"an unknown field", admin, "POST", "/api/v1/sources", `{"name":"a","kind":"folder","colour":1}`, 422, "fail.malformed", "colour"},
		{"a field spelled otherwise", admin, "POST", "/api/v1/sources", `{"Name":"a","kind":"folder"}`, 422, "fail.malformed", "name"},
		{"a kind that is none", admin, "POST", "/api/v1/sources", `{"name":"a","kind":"tape"}`, 422, "fail.malformed", "kind"},
		{"a field of another kind", admin, "POST", "/api/v1/sources", `{"name":"a","kind":"folder","path":"/x","host":"db"}`, 422, "fail.form", "host"},
		{"a folder that is not allowed", admin, "POST", "/api/v1/sources", `{"name":"a","kind":"folder","path":"/etc"}`, 422, "fail.form", "path"},
		{"a number out of range", admin, "POST", "/api/v1/sources", `{"name":"a","kind":"postgres","port":1e300}`, 422, "fail.malformed", "port"},
		{"a wrong number deep inside", admin, "POST", "/api/v1/plans", `{"source_id":"` + nobody + `","vault_id":"` + nobody + `","keep":{"daily_days":-1}}`, 422, "fail.malformed", "keep.daily_days"},
		{"another's source in a plan", admin, "POST", "/api/v1/plans", `{"source_id":"` + nobody + `","vault_id":"` + nobody + `"}`, 422, "fail.form", "source_id"},
		{"too long a list", admin, "GET", "/api/v1/backups?limit=201", "", 422, "fail.malformed", "limit"},
		{"a limit that is no number", admin, "GET", "/api/v1/backups?limit=ten", "", 422, "fail.malformed", "limit"},
		{"an unknown question", admin, "GET", "/api/v1/backups?source=1", "", 422, "fail.malformed", "source"},
		{"a cursor of one's own", admin, "GET", "/api/v1/backups?cursor=AAAA", "", 422, "fail.form", "cursor"},
		{"bytes that are no text", admin, "GET", "/api/v1/snapshots?text=%ff", "", 422, "fail.malformed", ""},
		{"a zero in a question", admin, "GET", "/api/v1/snapshots?text=a%00", "", 422, "fail.malformed", ""},
		{"no clock where none is offered", admin, "GET", "/api/v1/test-clock", "", 404, "fail.not_found", ""},
	} {
		t.Run(c.promise, func(t *testing.T) {
			p := problemOf(t, h.JSON(c.token, c.method, c.path, c.body))
			if p.Status != c.status || p.Code != c.code {
				t.Fatalf("%d %s, want %d %s: %+v", p.Status, p.Code, c.status, c.code, p.Fields)
			}
			if c.field != "" && (len(p.Fields) == 0 || p.Fields[0].Field != c.field || p.Fields[0].Message == "") {
				t.Errorf("names %+v, want %s", p.Fields, c.field)
			}
		})
	}
	t.Run("a body of a mebibyte is too large", func(t *testing.T) {
		for _, size := range []int{1 << 20, 8 << 20} {
			a := overTheWire(t, h, admin, "POST", "/api/v1/sources", `{"name":"`+strings.Repeat("x", size-11)+`"}`)
			if p := problemOf(t, a); p.Status != 413 || p.Code != "fail.too_large" {
				t.Errorf("%d bytes: %d %s", size, p.Status, p.Code)
			}
		}
	})
	t.Run("half an escape in an address", func(t *testing.T) {
		req := httptest.NewRequest(http.MethodGet, "/api/v1/backups/x", nil)
		req.RequestURI = "/api/v1/backups/%zz"
		req.Header.Set("Authorization", "Bearer "+admin)
		if p := problemOf(t, h.Do(req)); p.Status != 404 {
			t.Errorf("%d %s", p.Status, p.Code)
		}
	})
	t.Run("a form is no JSON", func(t *testing.T) {
		req := httptest.NewRequest(http.MethodPost, "/api/v1/sources", strings.NewReader("name=a"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "Bearer "+admin)
		if p := problemOf(t, h.Do(req)); p.Status != 415 || p.Code != "api.fail.media_type" {
			t.Errorf("%d %s", p.Status, p.Code)
		}
	})
	t.Run("a cookie opens nothing", func(t *testing.T) {
		if a := h.Owner.Get("/api/v1/sources"); a.Status != 401 {
			t.Errorf("%d", a.Status)
		}
	})
	t.Run("an expired or revoked token opens nothing", func(t *testing.T) {
		h.Exec(`UPDATE api_tokens SET expires_at = now() - interval '1 s' WHERE name = 'test'`)
		if p := problemOf(t, h.JSON(read, "GET", "/api/v1/sources", "")); p.Status != 401 {
			t.Errorf("%d", p.Status)
		}
	})
}

// overTheWire asks through a socket: what the server itself refuses, before any
// handler, is answered only there.
func overTheWire(t testing.TB, h *apptest.House, token, method, path, body string) apptest.Answer {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() { _ = h.App.Server().Serve(listener) }()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+listener.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return apptest.Answer{Status: answer.StatusCode, Header: answer.Header, Body: string(text)}
}
