package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/backup"
	"levqor/jobs/config"
	"levqor/jobs/drill/drilltest"
	"levqor/workers"
)

// planned adds a folder source, a vault and a plan, and returns the plan's address.
func planned(c client, name string) string {
	c.t.Helper()
	source, _ := c.do(201, "POST", "/api/v1/sources", object{"name": name, "kind": "folder", "path": c.house.Root})
	vault, _ := c.do(202, "POST", "/api/v1/vaults", object{"name": name, "kind": "filesystem"})
	_, at := c.do(201, "POST", "/api/v1/plans", object{"source_id": source["id"], "vault_id": vault["id"], "every_minutes": 60})
	return at
}

// TestATokenThatMayNotDeleteMayNotKeepLess: one guard stands before every way to lose copies.
func TestATokenThatMayNotDeleteMayNotKeepLess(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	manage, admin := newClient(t, h, h.Token("manage")), newClient(t, h, h.Token("admin"))
	history := drilltest.New(t, h.Services.DB, h.Actor, "shop-db", h.Services.Clock.Now().AddDate(-1, 0, 0))
	var snapshot uuid.UUID
	for day := range 5 {
		_, snapshot = history.Backup(h.Services.Clock.Now().AddDate(0, 0, -day), 1000)
	}
	history.Set("keep", backup.Keep{DailyDays: 30})
	plan, source := "/api/v1/plans/"+history.PlanID.String(), "/api/v1/sources/"+history.SourceID.String()
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"DELETE", "/api/v1/snapshots/" + snapshot.String(), nil},
		{"PUT", plan, object{"keep": object{"last": 1}}},
		{"PUT", plan, object{"keep": object{"daily_days": 30, "max_age_days": 1}}},
		{"DELETE", plan, nil},
		{"DELETE", source, nil},
	} {
		if p := problemOf(t, manage.ask(c.method, c.path, c.body)); p.Status != 403 || p.Code != "api.fail.admin_scope" {
			t.Errorf("%s %s %v: %+v", c.method, c.path, c.body, p)
		}
	}
	changed, _ := admin.do(200, "PUT", plan, object{"keep": object{"last": 1}})
	if changed.number("pending.0.removes") != 4 || changed.number("pending.0.earlier_keep.daily_days") != 30 {
		t.Errorf("%v", changed)
	}
	if left := manage.get(plan + "/retention-preview"); left.number("left") != 1 || left.number("snapshots") != 5 {
		t.Errorf("%v", left)
	}
	if undone, _ := manage.do(200, "POST", plan+"/undos", nil); undone.number("keep.daily_days") != 30 || len(undone["pending"].([]any)) != 0 {
		t.Errorf("%v", undone)
	}
	if p := problemOf(t, manage.ask("POST", plan+"/undos", nil)); p.Status != 404 || p.Code != "backup.fail.nothing_waits" {
		t.Errorf("%+v", p)
	}
	admin.do(204, "DELETE", plan, nil)
	if back, _ := manage.do(200, "POST", plan+"/undos", nil); back.at("next_at") == nil {
		t.Errorf("%v", back)
	}
	admin.do(204, "DELETE", source, nil)
	if p := problemOf(t, manage.ask("GET", source, nil)); p.Status != 404 {
		t.Errorf("%+v", p)
	}
	if err := h.Services.Sources.Undelete(t.Context(), h.Actor, history.SourceID); err != nil {
		t.Error(err)
	}
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	c := newClient(t, h, h.Token("manage"))
	at := planned(c, "Letters")
	put := func(path, match, body string) apptest.Answer {
		req := httptest.NewRequest(http.MethodPut, path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+c.token)
		if match != "" {
			req.Header.Set("If-Match", match)
		}
		return h.Do(req)
	}
	tag := c.ask("GET", at, nil).Header.Get("ETag")
	t.Run("what was read may be changed", func(t *testing.T) {
		a := put(at, tag, `{"every_minutes":120,"keep":{"last":5}}`)
		var plan object
		decode(t, a, &plan)
		if a.Status != 200 || plan.number("every_minutes") != 120 || plan.number("keep.last") != 5 || a.Header.Get("ETag") == tag {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})
	t.Run("what somebody changed meanwhile is not overwritten", func(t *testing.T) {
		for _, match := range []string{tag, `W/"2"`, `"x"`, "2"} {
			if p := problemOf(t, put(at, match, `{"every_minutes":180}`)); p.Status != 412 || p.Code != "fail.conflict" {
				t.Errorf("%s: %+v", match, p)
			}
		}
	})
	t.Run("without If-Match the newest is changed", func(t *testing.T) {
		for _, match := range []string{"", "*"} {
			if a := put(at, match, `{"cron":"0 3 * * *","time_zone":"Europe/London"}`); a.Status != 200 || !strings.Contains(a.Body, `"every_minutes":0`) {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		}
	})
	t.Run("sources and vaults have revisions too", func(t *testing.T) {
		source, vault := "/api/v1/sources/"+c.get(at).text("source_id"), "/api/v1/vaults/"+c.get(at).text("vault_id")
		for path, body := range map[string]string{source: `{"name":"Mails","kind":"folder","path":"` + h.Root + `"}`, vault: `{"name":"There","kind":"filesystem"}`} {
			tag := c.ask("GET", path, nil).Header.Get("ETag")
			if a := put(path, tag, body); a.Status != 200 {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
			if p := problemOf(t, put(path, tag, body)); p.Status != 412 {
				t.Errorf("%s: %+v", path, p)
			}
		}
	})
	t.Run("source and vault of a plan stay", func(t *testing.T) {
		if p := problemOf(t, put(at, "", `{"source_id":"`+nobody+`"}`)); p.Status != 422 || p.Fields[0].Field != "source_id" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("a schedule is one thing or the other", func(t *testing.T) {
		if p := problemOf(t, put(at, "", `{"cron":"0 3 * * *","every_minutes":60}`)); p.Status != 422 || p.Fields[0].Field != "cron" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("a pause stops the schedule", func(t *testing.T) {
		if paused, _ := c.do(200, "POST", at+"/pauses", nil); paused.at("paused_at") == nil || paused.at("next_at") != nil {
			t.Errorf("%v", paused)
		}
		if on, _ := c.do(200, "POST", at+"/resumptions", nil); on.at("paused_at") != nil || on.at("next_at") == nil {
			t.Errorf("%v", on)
		}
	})
	t.Run("a preview changes nothing", func(t *testing.T) {
		draft, _ := c.do(200, "POST", at+"/retention-preview", object{"keep": object{"last": 1}})
		if draft.number("keep.last") != 1 || draft.number("deletes_total") != 0 || c.get(at+"/retention-preview").number("keep.daily_days") == 0 {
			t.Errorf("%v", draft)
		}
	})
	t.Run("a deleted plan is gone", func(t *testing.T) {
		c.do(204, "DELETE", at, nil)
		if p := problemOf(t, c.ask("GET", at, nil)); p.Status != 404 {
			t.Errorf("%+v", p)
		}
	})
}

func TestLists(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	c := newClient(t, h, h.Token("manage"))
	want := map[string]bool{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		source, _ := c.do(201, "POST", "/api/v1/sources", object{"name": name, "kind": "folder", "path": h.Root})
		want[source.text("id")] = true
	}
	t.Run("pages are complete and don't repeat", func(t *testing.T) {
		pages, next := 0, "/api/v1/sources?limit=2"
		for next != "" {
			page := c.get(next)
			for _, item := range page.at("items").([]any) {
				id := object(item.(map[string]any)).text("id")
				if !want[id] {
					t.Errorf("%s is a stranger, or twice there", id)
				}
				delete(want, id)
			}
			pages++
			if next = page.text("next"); next != "" {
				next = "/api/v1/sources?limit=2&cursor=" + next
			}
		}
		if len(want) > 0 || pages != 3 {
			t.Errorf("%d missing after %d pages", len(want), pages)
		}
	})
	t.Run("an empty list is a list", func(t *testing.T) {
		for _, path := range []string{"backups", "drills", "holds", "plans", "restores", "snapshots", "signing-keys"} {
			if a := c.ask("GET", "/api/v1/"+path, nil); a.Status != 200 || !strings.Contains(a.Body, `"items":[]`) || !strings.Contains(a.Body, `"next":null`) {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
		}
	})
}

func TestTestClock(t *testing.T) {
	t.Parallel()
	h := apptest.New(t, func(c *config.Config) { c.TestClock = true })
	c := newClient(t, h, h.Token("admin"))
	const at = "/api/v1/test-clock"
	t.Run("only an admin token moves it", func(t *testing.T) {
		manager := newClient(t, h, h.Token("manage"))
		for _, method := range []string{"GET", "PUT"} {
			if p := problemOf(t, manager.ask(method, at, object{"advance": "1h"})); p.Status != 403 {
				t.Errorf("%s: %+v", method, p)
			}
		}
	})
	t.Run("it takes one moment that is not too far", func(t *testing.T) {
		for _, body := range []object{{}, {"advance": "1h", "now": "2030-01-01T00:00:00Z"}, {"advance": "soon"}, {"now": "9000-01-01T00:00:00Z"}, {"now": "0001-01-01T00:00:00Z"}, {"advance": "2000000h"}} {
			if p := problemOf(t, c.ask("PUT", at, body)); p.Status != 422 {
				t.Errorf("%v: %+v", body, p)
			}
		}
	})
	t.Run("a schedule follows it: one backup for each slot that came, one for many that were missed", func(t *testing.T) {
		c.do(200, "PUT", at, object{"now": time.Now().Truncate(time.Hour).Add(70 * time.Minute)}) // slots are on the hour: none turns by itself
		plan := planned(c, "Letters")
		h.Work(workers.Run)
		c.done("/api/v1/vaults/" + c.get(plan).text("vault_id"))
		slots := func() int64 { return h.Count(`SELECT count(*) FROM backups WHERE slot IS NOT NULL`) }
		before, _ := c.do(200, "PUT", at, object{"advance": "61m"})
		eventually(t, func() bool { return slots() == 1 })
		first := c.get("/api/v1/backups?limit=1").text("items.0.id")
		if c.done("/api/v1/backups/"+first).text("cause") != "schedule" {
			t.Error("not by the schedule")
		}
		now, err := time.Parse(time.RFC3339, before.text("now"))
		if err != nil {
			t.Fatal(err)
		}
		c.do(200, "PUT", at, object{"now": now.Add(10 * time.Hour)})
		eventually(t, func() bool { return slots() == 2 })
		second := c.get("/api/v1/backups?limit=1")
		if id := second.text("items.0.id"); id == first || c.done("/api/v1/backups/"+id).number("missed") < 8 || slots() != 2 {
			t.Errorf("%v", second)
		}
	})
}

func eventually(t testing.TB, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(90 * time.Second)
	for !happened() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatal("it never happened")
		}
	}
}
