package files_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"levqor/app/apptest"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	page := h.Anonymous().Get("/sign-in").Body
	get := func(path string) apptest.Answer {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.Header.Set("Accept-Encoding", "gzip")
		return h.Do(req)
	}
	for name, budget := range map[string]int{`/static/app-[A-Z0-9]+\.css`: 20 << 10, `/static/app-[A-Z0-9]+\.js`: 30 << 10} {
		t.Run("keeps to its budget: "+name, func(t *testing.T) {
			path := regexp.MustCompile(name).FindString(page)
			answer := get(path)
			if answer.Status != http.StatusOK || answer.Header.Get("Content-Encoding") != "gzip" || answer.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Fatalf("%s: %d %v", path, answer.Status, answer.Header)
			}
			if size := len(answer.Body); size > budget {
				t.Errorf("%s has %d bytes, more than %d", path, size, budget)
			}
		})
	}
	t.Run("keeps to the budget of styles on the editor's page, which loads the most", func(t *testing.T) {
		editor := h.Owner.Get(h.Owner.Post("/workflows/new", "name", "Nightly").Location()).Body
		sheets := regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)"`).FindAllStringSubmatch(editor, -1)
		if len(sheets) < 2 {
			t.Fatalf("the editor loads %d stylesheets", len(sheets))
		}
		sum := 0
		for _, sheet := range sheets {
			answer := get(sheet[1])
			if answer.Status != http.StatusOK {
				t.Fatalf("%s: %d", sheet[1], answer.Status)
			}
			sum += len(answer.Body)
		}
		if sum > 20_000 {
			t.Errorf("%d bytes of styles, more than 20000", sum)
		}
	})
	t.Run("answers without gzip to who can't read it", func(t *testing.T) {
		answer := h.Anonymous().Get(regexp.MustCompile(`/static/app-[A-Z0-9]+\.css`).FindString(page))
		if answer.Header.Get("Content-Encoding") != "" || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/css") || !strings.Contains(answer.Body, "{") {
			t.Errorf("%v", answer.Header)
		}
	})
	t.Run("leads those who guess the icon's name to it", func(t *testing.T) {
		if answer := get(get("/favicon.ico").Location()); answer.Status != http.StatusOK || answer.Header.Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%d %v", answer.Status, answer.Header)
		}
	})
	t.Run("knows no other file", func(t *testing.T) {
		for _, path := range []string{"/static/app.css", "/static/manifest.json", "/static/../go.mod", "/static/..%2fgo.mod", "/static/"} {
			if answer := get(path); answer.Status != http.StatusNotFound {
				t.Errorf("%s: %d", path, answer.Status)
			}
		}
	})
}
