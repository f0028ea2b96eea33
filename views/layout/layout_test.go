package layout_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"levqor/locales/localestest"
	"levqor/views/layout"
	"levqor/views/parts"
)

func page(t *testing.T, code string, f layout.Frame) string {
	t.Helper()
	var out strings.Builder
	ctx := templ.WithChildren(parts.WithCSRF(localestest.Context(t, code), "token"), parts.Words("the page"))
	if err := layout.App(f).Render(ctx, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheFrameShowsWhatThePersonMayOpen(t *testing.T) {
	t.Parallel()
	plain := page(t, "en", layout.Frame{Title: "Sources", Current: layout.NavSources})
	for _, piece := range []string{"<title>Sources · Levqor</title>", `href="/sources" data-key="s" aria-current="page"`, "the page", `<html lang="en" dir="ltr" data-theme="levqor"`, `content="token"`} {
		if !strings.Contains(plain, piece) {
			t.Errorf("no %s", piece)
		}
	}
	for _, piece := range []string{"/admin/jobs", "/outbox", "hx-sse", "rail-count"} {
		if strings.Contains(plain, piece) {
			t.Errorf("%s is shown to everybody", piece)
		}
	}
	full := page(t, "en", layout.Frame{IsAdmin: true, DevOutbox: true, NeedsCount: 3, Unread: 2, Slim: true, Theme: layout.Light,
		Topics: []string{"alerts", "task-1"}, Others: []layout.Workspace{{ID: "w2", Name: "<Birch>", Role: "viewer"}}})
	for _, piece := range []string{"/admin/jobs", "/outbox", `hx-sse:connect="/live?topic=alerts&amp;topic=task-1"`, "Notifications, 2 new",
		`data-rail="slim"`, `data-theme="levqor-light"`, `action="/workspaces/w2/visits"`, "&lt;Birch&gt;"} {
		if !strings.Contains(full, piece) {
			t.Errorf("no %s", piece)
		}
	}
}

func TestTheFrameTurnsWithTheLanguage(t *testing.T) {
	t.Parallel()
	html := page(t, "ar-XB", layout.Frame{Theme: layout.System})
	if !strings.Contains(html, `<html lang="ar-XB" dir="rtl" data-ago-now`) {
		t.Errorf("direction or theme is wrong: %.200s", html)
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "", "naomi": "N", "Naomi Adeyemi": "NA", "Ana de la Cruz": "AC", "李 小龙": "李小"} {
		if got := layout.Initials(name); got != want {
			t.Errorf("Initials(%q) = %q", name, got)
		}
	}
}

// The content policy refuses inline styles, scripts and handlers: such markup would
// be dead, and hard-coded English would never be translated.
func TestNoViewBreaksTheContentPolicy(t *testing.T) {
	t.Parallel()
	refused := regexp.MustCompile(`(?i)\sstyle=|<style|\son[a-z]+=|<script>|javascript:|hx-on`)
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".templ") || strings.Contains(path, "mails") {
			return err
		}
		body, err := os.ReadFile(path)
		if found := refused.FindString(string(body)); found != "" {
			t.Errorf("%s has %q", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
