package admin_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

func TestTheJobDashboard(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	staff := h.SignIn("staff@levqor.test")
	h.Exec(`UPDATE users SET is_admin = true WHERE email = 'staff@levqor.test'`)
	job := "/admin/jobs/api/jobs/cancel"
	write := func(p *apptest.Person, header, value string) apptest.Answer {
		t.Helper()
		req := httptest.NewRequest(http.MethodPost, job, strings.NewReader(`{"ids":["9007199254740991"]}`))
		req.Header.Set("Content-Type", "application/json")
		if header != "" {
			req.Header.Set(header, value)
		}
		return p.Do(req)
	}
	kept := func() int64 {
		t.Helper()
		return h.Count(`SELECT count(*) FROM audit_events WHERE action = 'admin.jobs_changed' AND actor_kind = 'admin' AND workspace_id IS NULL`)
	}

	t.Run("is nothing to those who are not staff", func(t *testing.T) {
		for name, person := range map[string]*apptest.Person{"an owner": h.Owner, "an admin of a workspace": h.Member(account.RoleAdmin)} {
			for _, path := range []string{"/admin/jobs", "/admin/jobs/", "/admin/jobs/queues", "/admin/jobs/api/jobs", "/admin/jobs/api/queues"} {
				if answer := person.Get(path); answer.Status != http.StatusNotFound || strings.Contains(answer.Body, "River") {
					t.Errorf("%s, %s: %d", name, path, answer.Status)
				}
			}
			if answer := write(person, "Sec-Fetch-Site", "same-origin"); answer.Status != http.StatusNotFound {
				t.Errorf("%s writes: %d", name, answer.Status)
			}
			if strings.Contains(person.Get("/settings").Body, "/admin/jobs") {
				t.Errorf("%s is shown the way", name)
			}
		}
		if answer := h.Anonymous().Get("/admin/jobs/"); !strings.HasPrefix(answer.Location(), "/sign-in") {
			t.Errorf("a stranger: %d", answer.Status)
		}
		if kept() != 0 {
			t.Error("what was refused is in the log")
		}
	})
	t.Run("loads for staff under its own policy, from this server alone", func(t *testing.T) {
		page := staff.Get("/admin/jobs/")
		policy := page.Header.Get("Content-Security-Policy")
		if page.Status != http.StatusOK || !strings.Contains(policy, "default-src 'none'; script-src 'self';") || strings.Contains(policy, "unsafe-eval") {
			t.Fatalf("%d %s", page.Status, policy)
		}
		assets := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page.Body, -1)
		if len(assets) < 3 {
			t.Errorf("%d assets", len(assets))
		}
		for _, asset := range assets {
			if answer := staff.Get(asset[1]); !strings.HasPrefix(asset[1], "/admin/jobs/") || answer.Status != http.StatusOK {
				t.Errorf("%s: %d", asset[1], answer.Status)
			}
		}
		if inline := regexp.MustCompile(`<script(?:[^>]*type="module"|[^>]*type="application/json")?[^>]*>`).FindAllString(page.Body, -1); len(inline) != 2 {
			t.Errorf("the policy stops other scripts: %v", inline)
		}
		if answer := staff.Get("/admin/jobs/api/states"); answer.Status != http.StatusOK || !strings.Contains(answer.Header.Get("Content-Type"), "json") {
			t.Errorf("the API: %d", answer.Status)
		}
		if !strings.Contains(staff.Get("/settings").Body, `href="/admin/jobs"`) {
			t.Error("staff are not shown the way")
		}
	})
	t.Run("takes no write from another site", func(t *testing.T) {
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			if answer := write(staff, header, value); answer.Status != http.StatusForbidden {
				t.Errorf("%s %s: %d", header, value, answer.Status)
			}
		}
		if kept() != 0 {
			t.Error("what was refused is in the log")
		}
	})
	t.Run("logs each write of staff, who, what and which request", func(t *testing.T) {
		write(staff, "Sec-Fetch-Site", "same-origin")
		if kept() != 1 {
			t.Errorf("%d in the log", kept())
		}
		named := h.Count(`SELECT count(*) FROM audit_events WHERE action = 'admin.jobs_changed' AND actor_name = 'staff'
			AND subject_id = 'POST /api/jobs/cancel' AND detail->>'body' LIKE '%9007199254740991%' AND request_id LIKE 'req_%'`)
		if named != 1 {
			t.Error("the log does not say who did what")
		}
	})
}
