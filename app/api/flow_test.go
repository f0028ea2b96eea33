package api_test

import (
	"archive/zip"
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"levqor/app/apptest"
	"levqor/jobs/drill"
	"levqor/jobs/drill/drilltest"
	"levqor/workers"
)

// TestFolder walks the main way with files: source, vault, plan, backup, snapshot,
// hold, drill, proof, restore.
func TestFolder(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	c := newClient(t, h, h.Token("admin"))
	data := filepath.Join(h.Root, "data")
	write(t, filepath.Join(data, "letters", "ünïcode.txt"), "Dear Naomi,")
	write(t, filepath.Join(data, "table.csv"), "a,b\n1,2\n")

	source, at := c.do(201, "POST", "/api/v1/sources", object{"name": "Letters", "kind": "folder", "path": data, "exclude": []string{"*.tmp"}})
	test := c.done("/api/v1/source-tests/" + source.text("test.id"))
	if test.text("steps.0.name") != "allowed" || test.text("steps.3.state") != "ok" || test.text("steps.3.text") == "" {
		t.Errorf("test %v", test)
	}
	if source = c.get(at); source.number("facts.files") != 2 || source.at("tested_at") == nil || source.text("path") != data {
		t.Errorf("source %v", source)
	}
	_, vaultAt := c.do(202, "POST", "/api/v1/vaults", object{"name": "Here", "kind": "filesystem"})
	vault := c.done(vaultAt)
	plan, planAt := c.do(201, "POST", "/api/v1/plans", object{"source_id": source["id"], "vault_id": vault["id"], "every_minutes": 60, "time_zone": "Europe/London", "keep": object{"last": 9, "daily_days": 7}})
	if plan.number("keep.daily_days") != 7 || plan.number("keep.weekly_days") != 0 || plan.number("rpo_minutes") != 360 || plan.text("drill_cron") == "" {
		t.Errorf("plan %v", plan)
	}
	_, backupAt := c.do(202, "POST", planAt+"/backups", nil)
	backup := c.done(backupAt)
	if backup.number("progress.percent") != 100 || backup.text("cause") != "api" || backup.text("asked_by") != "test" || backup.at("failure") != nil {
		t.Errorf("backup %v", backup)
	}
	if log := c.get("/api/v1/tasks/" + backup.text("id") + "/log"); log.text("items.0.text") == "" || log.text("items.0.at") == "" {
		t.Errorf("log %v", log)
	}
	snapshotAt := "/api/v1/snapshots/" + backup.text("snapshot_id")
	filesOf(t, c, snapshotAt)
	holdsOf(t, c, snapshotAt)
	drillOf(t, c, planAt)

	t.Run("a folder comes back", func(t *testing.T) {
		to := filepath.Join(h.Root, "back")
		check, _ := c.do(200, "POST", snapshotAt+"/restore-checks", object{"kind": "folder", "folder": to})
		if check.number("files") == 0 || check.text("target.place") != to || check.at("problem") != nil {
			t.Errorf("check %v", check)
		}
		_, restoreAt := c.do(202, "POST", snapshotAt+"/restores", object{"kind": "folder", "folder": to})
		restore := c.done(restoreAt)
		if text, err := os.ReadFile(filepath.Join(to, "letters", "ünïcode.txt")); err != nil || string(text) != "Dear Naomi," || restore.number("result.files") != 2 {
			t.Errorf("%q, %v, %v", text, err, restore)
		}
	})
	t.Run("a download is a zip", func(t *testing.T) {
		restore, _ := c.do(202, "POST", snapshotAt+"/restores", object{"kind": "download", "paths": []string{"letters"}})
		a := c.ask("GET", restore.text("download_url"), nil)
		zipped, err := zip.NewReader(bytes.NewReader([]byte(a.Body)), int64(len(a.Body)))
		if err != nil || a.Status != 200 || a.Header.Get("Content-Type") != "application/zip" {
			t.Fatalf("%d %s: %v", a.Status, a.Header, err)
		}
		names := ""
		for _, file := range zipped.File {
			names += file.Name + " "
		}
		if names != "letters/ letters/ünïcode.txt " && names != "letters/ünïcode.txt " {
			t.Errorf("holds %q", names)
		}
	})
	t.Run("over live data the source's name is typed", func(t *testing.T) {
		p := problemOf(t, c.ask("POST", snapshotAt+"/restores", object{"kind": "folder", "over_live": true}))
		if p.Status != 422 || len(p.Fields) != 1 || p.Fields[0].Field != "confirm" {
			t.Errorf("%+v", p)
		}
		operator := newClient(t, h, h.Token("operate"))
		if p := problemOf(t, operator.ask("POST", snapshotAt+"/restores", object{"kind": "folder", "over_live": true, "confirm": "Letters"})); p.Status != 403 || p.Code != "api.fail.admin_scope" {
			t.Errorf("an operator: %+v", p)
		}
		write(t, filepath.Join(data, "table.csv"), "spoilt")
		_, restoreAt := c.do(202, "POST", snapshotAt+"/restores", object{"kind": "folder", "over_live": true, "confirm": "Letters"})
		c.done(restoreAt)
		if text, err := os.ReadFile(filepath.Join(data, "table.csv")); err != nil || string(text) != "a,b\n1,2\n" {
			t.Errorf("%q, %v", text, err)
		}
	})
	t.Run("the last good snapshot is not deleted", func(t *testing.T) {
		newest := c.get("/api/v1/snapshots?limit=1").text("items.0.id")
		if p := problemOf(t, c.ask("DELETE", "/api/v1/snapshots/"+newest, nil)); p.Status != 409 || p.Code != "backup.fail.last_good" {
			t.Errorf("%+v", p)
		}
		gone, _ := c.do(202, "DELETE", snapshotAt, nil)
		if gone.text("state") != "deleting" {
			t.Errorf("%v", gone)
		}
	})
	t.Run("the kit opens the vault with stock kopia", func(t *testing.T) {
		kit := c.get(vaultAt + "/recovery-kit")
		if !strings.Contains(kit.text("commands.connect"), "kopia") || kit.text("password") == "" || !strings.Contains(kit.text("text"), kit.text("password")) {
			t.Errorf("%v", kit)
		}
	})
	t.Run("every source is proven at once", func(t *testing.T) {
		all, _ := c.do(202, "POST", "/api/v1/drills", nil)
		if n := all.number("started"); n > 1 {
			t.Errorf("%v", all)
		}
	})
	t.Run("upkeep reads all of it back", func(t *testing.T) {
		_, at := c.do(202, "POST", vaultAt+"/upkeeps", nil)
		if c.done(at); c.get(vaultAt).at("verified_at") == nil {
			t.Error("not verified")
		}
	})
}

func filesOf(t *testing.T, c client, snapshotAt string) {
	t.Run("files are listed page by page, found and taken", func(t *testing.T) {
		first := c.get(snapshotAt + "/files?limit=1")
		if first.text("items.0.name") != "letters" || first.text("items.0.kind") != "folder" || first.text("next") != "letters" {
			t.Fatalf("%v", first)
		}
		second := c.get(snapshotAt + "/files?limit=1&after=letters")
		if second.text("items.0.name") != "table.csv" || second.number("items.0.size") != 8 || second.at("next") != nil {
			t.Errorf("%v", second)
		}
		if found := c.get(snapshotAt + "/files?search=CODE"); found.text("items.0.path") != "letters/ünïcode.txt" {
			t.Errorf("%v", found)
		}
		a := c.ask("GET", snapshotAt+"/files/content?path=table.csv", nil)
		if a.Status != 200 || a.Body != "a,b\n1,2\n" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%d %s %q", a.Status, a.Header, a.Body)
		}
		for part, want := range map[string]int{"bytes=4-": 206, "bytes=99-": 416} {
			req := httptest.NewRequest("GET", snapshotAt+"/files/content?path=table.csv", nil)
			req.Header.Set("Authorization", "Bearer "+c.token)
			req.Header.Set("Range", part)
			a := c.house.Do(req)
			if a.Status != want || want == 206 && a.Body != "1,2\n" {
				t.Errorf("%s: %d %q", part, a.Status, a.Body)
			}
			if want == 416 {
				problemOf(t, a)
			}
		}
		for _, wrong := range []string{"/files?path=none", "/files/content?path=letters", "/files/content?path=../../etc/passwd"} {
			if p := problemOf(t, c.ask("GET", snapshotAt+wrong, nil)); p.Status != 404 {
				t.Errorf("%s: %+v", wrong, p)
			}
		}
	})
}

func holdsOf(t *testing.T, c client, snapshotAt string) {
	t.Run("a hold keeps a snapshot until it is released", func(t *testing.T) {
		until := time.Now().AddDate(0, 1, 0).UTC().Truncate(time.Second)
		hold, at := c.do(201, "POST", snapshotAt+"/holds", object{"reason": "Audit", "until": until})
		if hold.text("until") != until.Format(time.RFC3339) || c.get(at).text("reason") != "Audit" || c.get(snapshotAt).text("hold.id") != hold.text("id") {
			t.Errorf("%v", hold)
		}
		if p := problemOf(t, c.ask("POST", snapshotAt+"/holds", object{"reason": "Late", "until": "2020-01-01T00:00:00Z"})); p.Fields[0].Field != "until" {
			t.Errorf("%+v", p)
		}
		if p := problemOf(t, c.ask("DELETE", snapshotAt, nil)); p.Status != 409 {
			t.Errorf("a held one: %+v", p)
		}
		c.do(204, "DELETE", at, nil)
		if held := c.get(snapshotAt + "/holds"); held.at("items.0.released_at") == nil {
			t.Errorf("%v", held)
		}
		if p := problemOf(t, c.ask("POST", at+"/releases", nil)); p.Status != 404 {
			t.Errorf("released twice: %+v", p)
		}
	})
}

func drillOf(t *testing.T, c client, planAt string) {
	t.Run("a drill leaves a proof that anybody can check", func(t *testing.T) {
		// The first backup starts a drill by itself; either will do.
		at := planAt + "/drills"
		a := c.ask("POST", at, nil)
		location := a.Location()
		if a.Status == 409 {
			location = "/api/v1/drills/" + c.get("/api/v1/drills?limit=1").text("items.0.id")
		}
		done := c.done(location)
		if done.at("passed") != true || done.number("checks_good") == 0 || !strings.HasPrefix(done.text("proof_id"), "prf_") {
			t.Fatalf("%v", done)
		}
		file := c.ask("GET", location+"/proof", nil)
		facts, err := drill.VerifyFile([]byte(file.Body), nil)
		if err != nil || !facts.Document.Passed {
			t.Fatalf("%v: %.300s", err, file.Body)
		}
		if keys := c.get("/api/v1/signing-keys"); keys.text("items.0.fingerprint") != facts.Key.Fingerprint() {
			t.Errorf("%v", keys)
		}
	})
}

// TestPostgres walks the way of a database, and what only databases have.
func TestPostgres(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	c := newClient(t, h, h.Token("admin"))
	_, config, password := drilltest.Shop(t, "shop", 40)
	body := object{"name": "Shop", "kind": "postgres", "host": config.Host, "port": config.Port, "user": config.User, "password": "wrong", "tls": config.TLS}
	source, at := c.do(201, "POST", "/api/v1/sources", body)
	test := c.watch("/api/v1/source-tests/" + source.text("test.id"))
	if test.text("state") != "failed" || test.text("failure.class") != "credentials" || test.text("failure.mend") == "" || test.text("steps.3.state") != "failed" || test.text("steps.4.state") != "untested" {
		t.Errorf("with a wrong password: %v", test)
	}
	source, _ = c.do(200, "PATCH", at, object{"password": password})
	c.done("/api/v1/source-tests/" + source.text("test.id"))
	for _, answer := range []apptest.Answer{c.ask("GET", at, nil), c.ask("GET", "/api/v1/sources", nil)} {
		if strings.Contains(answer.Body, password) || !strings.Contains(answer.Body, `"has_secret":true`) {
			t.Errorf("%s", answer.Body)
		}
	}
	_, testAt := c.do(202, "POST", at+"/tests", nil)
	c.done(testAt)
	_, vaultAt := c.do(202, "POST", "/api/v1/vaults", object{"name": "Here", "kind": "filesystem"})
	vault := c.done(vaultAt)
	plan, _ := c.do(201, "POST", "/api/v1/plans", object{"source_id": source["id"], "vault_id": vault["id"], "start_now": true,
		"assertions": []object{{"name": "orders are there", "database": "shop", "query": "SELECT count(*) > 0 FROM orders"}}})
	backup := c.done("/api/v1/backups/" + c.get("/api/v1/backups?plan_id="+plan.text("id")).text("items.0.id"))
	snapshotAt := "/api/v1/snapshots/" + backup.text("snapshot_id")
	drillOf(t, c, "/api/v1/plans/"+plan.text("id"))

	tables := c.get(snapshotAt + "/tables")
	if tables.text("items.0.path") == "" || tables.text("items.0.database") != "shop" {
		t.Fatalf("%v", tables)
	}
	t.Run("a database comes back beside the live one", func(t *testing.T) {
		wrong := problemOf(t, c.ask("POST", snapshotAt+"/restores", object{"kind": "database", "server": object{"host": "no host", "user": "x"}, "names": object{"shop": "postgres"}}))
		if wrong.Status != 422 || !slicesHas(wrong, "server.host") || !slicesHas(wrong, "names") {
			t.Errorf("%+v", wrong)
		}
		_, restoreAt := c.do(202, "POST", snapshotAt+"/restores", object{"kind": "database", "names": object{"shop": "shop_back"}})
		restore := c.done(restoreAt)
		if restore.text("result.names.shop") != "shop_back" || restore.number("result.rows") == 0 {
			t.Errorf("%v", restore)
		}
	})
	t.Run("the history is filtered and paged", func(t *testing.T) {
		if none := c.get("/api/v1/backups?state=failed"); len(none.at("items").([]any)) != 0 {
			t.Errorf("%v", none)
		}
		first := c.get("/api/v1/restores?limit=1&source_id=" + source.text("id"))
		if first.at("next") != nil || first.text("items.0.source_name") != "Shop" {
			t.Errorf("%v", first)
		}
	})
}

func slicesHas(p problem, field string) bool {
	for _, f := range p.Fields {
		if f.Field == field {
			return true
		}
	}
	return false
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
