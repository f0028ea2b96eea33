package notifications_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

func TestNotifications(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
	keep := func(kind, severity, args string, n int) {
		h.Exec(`INSERT INTO notifications (id, workspace_id, kind, severity, args, path, created_at) VALUES ($1, $2, $3, $4, $5, '/sources/7', $6)`,
			uuid.New(), h.Actor.Workspace, kind, severity, args, at.Add(time.Duration(n)*time.Second))
	}
	keep("proven", "success", `{"source": "shop-db", "good": 131, "total": 131}`, 1)
	keep("backup_failed", "error", `{"source": "<b>ledger</b>", "failure_key": "task.fail.internal", "times": 3}`, 2)
	t.Run("another workspace hears nothing", func(t *testing.T) {
		if body := h.Stranger.Get("/notifications").Body; strings.Contains(body, "ledger") || !strings.Contains(body, "Nothing happened yet") {
			t.Error(body)
		}
		if body := h.Stranger.Fragment("/notifications/bell").Body; strings.Contains(body, "new") {
			t.Error(body)
		}
	})
	t.Run("says what happened, how often, and what to do", func(t *testing.T) {
		body := h.Owner.Get("/notifications").Body
		for _, piece := range []string{"<bdi>&lt;b&gt;ledger&lt;/b&gt;</bdi>: the backup failed", "Failed 3 times", "131 of 131 checks passed.", `href="/sources/7"`, "Notifications, 2 new"} {
			if !strings.Contains(body, piece) {
				t.Errorf("%q is not in the page", piece)
			}
		}
	})
	t.Run("marks what was shown as read, and nothing that came since", func(t *testing.T) {
		viewer := h.Member(account.RoleViewer)
		keep("recovered", "success", `{"source": "ledger"}`, 3)
		shown := at.Add(2 * time.Second).Format(time.RFC3339Nano)
		for _, person := range []*apptest.Person{viewer, h.Owner} {
			if answer := person.Post("/notifications/reads", "up_to", shown, "back", "//evil.example"); answer.Status != 303 || answer.Location() != "/notifications" {
				t.Fatalf("%d %s", answer.Status, answer.Location())
			}
			if body := person.Fragment("/notifications/bell").Body; !strings.Contains(body, "Notifications, 1 new") {
				t.Error(body)
			}
		}
	})
	t.Run("can't mark what is still to come", func(t *testing.T) {
		h.Owner.Post("/notifications/reads", "up_to", time.Now().Add(24*time.Hour).Format(time.RFC3339Nano))
		h.Exec(`INSERT INTO notifications (id, workspace_id, kind, severity, path, created_at) VALUES ($1, $2, 'proven', 'success', '/', now() + interval '1 minute')`, uuid.New(), h.Actor.Workspace)
		if body := h.Owner.Fragment("/notifications/bell").Body; !strings.Contains(body, "1 new") {
			t.Error(body)
		}
	})
	t.Run("goes back page by page", func(t *testing.T) {
		for i := range 60 {
			keep("recovered", "success", fmt.Sprintf(`{"source": "old-%02d"}`, i), -100-i)
		}
		first := h.Owner.Get("/notifications").Body
		_, rest, ok := strings.Cut(first, `href="/notifications?before=`)
		next, _, _ := strings.Cut(rest, `"`)
		if !ok || strings.Contains(first, "old-59") {
			t.Fatal("no second page")
		}
		if second := h.Owner.Get("/notifications?before=" + next); !strings.Contains(second.Body, "old-59") || strings.Contains(second.Body, "shop-db") {
			t.Errorf("%d: the second page is not the second", second.Status)
		}
		if answer := h.Owner.Get("/notifications?before=yesterday"); answer.Status != 422 {
			t.Error(answer.Status)
		}
	})
}
