package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"levqor/app/apptest"
	"levqor/workers"
)

// settled waits until the run at that address waits or is over.
func settled(c client, at string) object {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 90*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		run, _ := c.do(200, "GET", at, nil)
		if state := run.text("state"); state != "queued" && state != "running" && state != "held" {
			return run
		}
		select {
		case <-ctx.Done():
			c.t.Fatalf("%v", run)
		case <-tick.C:
		}
	}
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"got": "` + r.Header.Get("Idempotency-Key")[:4] + `"}`))
	}))
	defer outside.Close()
	c := newClient(t, h, h.Token("manage", "operate"))
	made, at := c.do(201, "POST", "/api/v1/workflows", object{"name": "Tell them", "definition": object{"steps": []object{
		{"id": "ask", "kind": "http_request", "config": object{"method": "POST", "url": "${trigger.nothing"}},
	}}})
	if made["live_version"] != nil || made.text("trigger") != "manual" {
		t.Fatalf("%v", made)
	}
	t.Run("what can't run is not published", func(t *testing.T) {
		draft, _ := c.do(200, "GET", at+"/draft", nil)
		if draft.text("problems.0.field") != "steps.ask.url" || draft.text("problems.0.code") != "expr.fail.unclosed.text" {
			t.Errorf("%v", draft)
		}
		p := problemOf(t, c.ask("POST", at+"/versions", object{}))
		if p.Status != 422 || p.Code != "workflow.fail.problems" || len(p.Fields) != 1 || p.Fields[0].Field != "steps.ask.url" {
			t.Errorf("%+v", p)
		}
		if p := problemOf(t, c.ask("POST", at+"/runs", object{})); p.Status != 409 || p.Code != "workflow.fail.not_live" {
			t.Errorf("%+v", p)
		}
		for _, definition := range []any{"text", 7, object{"steps": "x"}, object{"nobody": "knows"}} {
			if p := problemOf(t, c.ask("PUT", at+"/draft", object{"definition": definition})); p.Status != 422 {
				t.Errorf("%v: %+v", definition, p)
			}
		}
	})
	c.do(200, "PUT", at+"/draft", object{"definition": object{"trigger": object{"kind": "manual"}, "steps": []object{
		{"id": "ask", "kind": "http_request", "config": object{"method": "POST", "url": outside.URL, "body": "${trigger.who}"}},
		{"id": "say", "kind": "log", "config": object{"message": "${steps.ask.body.got.size() == 4}"}},
	}}})
	t.Run("a draft that somebody changed meanwhile is not overwritten", func(t *testing.T) {
		req := httptest.NewRequest(http.MethodPut, at+"/draft", strings.NewReader(`{"definition":{"trigger":{"kind":"manual"},"steps":[]}}`))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("If-Match", `"1"`)
		if p := problemOf(t, h.Do(req)); p.Status != 412 {
			t.Errorf("%+v", p)
		}
	})
	version, _ := c.do(201, "POST", at+"/versions", object{"note": "first"})
	if version.number("number") != 1 {
		t.Fatalf("%v", version)
	}
	_, run := c.do(202, "POST", at+"/runs", object{"input": object{"who": "ada"}})
	t.Run("what reaches outside waits for a person", func(t *testing.T) {
		found := settled(c, run)
		if found.text("state") != "waiting" || found.text("waits.0.kind") != "approval" || found.at("waits.0.input.body") != "ada" {
			t.Fatalf("%v", found)
		}
		open, _ := c.do(200, "GET", "/api/v1/approvals", nil)
		hash := open.text("items.0.hash")
		if hash == "" || hash != found.text("waits.0.hash") {
			t.Fatalf("%v", open)
		}
		for body, want := range map[*object]int{
			{"key": "ask", "hash": "another", "yes": true}: 409, {"key": "ask", "hash": hash}: 422,
			{"key": "ask", "hash": hash, "yes": true, "always": true}: 403, {"key": "none", "hash": hash, "yes": true}: 409,
		} {
			if got := c.ask("POST", run+"/decisions", *body); got.Status != want {
				t.Errorf("%v: %d %s", *body, got.Status, got.Body)
			}
		}
		c.do(200, "POST", run+"/decisions", object{"key": "ask", "hash": hash, "yes": true})
		found = settled(c, run)
		if found.text("state") != "succeeded" || found.text("steps.1.output.message") != "true" {
			t.Errorf("%v", found)
		}
	})
	t.Run("a run that is over can be run again, not taken up or canceled", func(t *testing.T) {
		for _, verb := range []string{"/cancellations", "/retries"} {
			if got := c.ask("POST", run+verb, nil); got.Status != 409 {
				t.Errorf("%s: %d", verb, got.Status)
			}
		}
		_, again := c.do(202, "POST", run+"/replays", object{})
		if found := settled(c, again); found.at("waits.0.input.body") != "ada" {
			t.Errorf("%v", found)
		}
		c.do(200, "POST", again+"/cancellations", nil)
		if found := settled(c, again); found.text("state") != "canceled" || found.text("steps.0.state") != "canceled" || found.text("steps.0.kind") == "" {
			t.Errorf("%v", found)
		}
		if found, _ := c.do(200, "GET", again+"/steps?key=ask", nil); found.text("state") != "canceled" || found.text("kind") == "" || found.text("input.body") != "ada" {
			t.Errorf("%v", found)
		}
	})
	t.Run("an edit is taken back, and done again", func(t *testing.T) {
		c.do(200, "PUT", at+"/draft", object{"definition": object{"trigger": object{"kind": "manual"}, "steps": []object{}}})
		draft, _ := c.do(200, "POST", at+"/draft/undos", nil)
		if draft.text("definition.steps.0.id") != "ask" {
			t.Errorf("%v", draft)
		}
		draft, _ = c.do(200, "POST", at+"/draft/redos", nil)
		if draft.at("definition.steps.0") != nil {
			t.Errorf("%v", draft)
		}
		draft, _ = c.do(200, "POST", at+"/versions/1/restorations", nil)
		if draft.text("definition.steps.0.id") != "ask" {
			t.Errorf("%v", draft)
		}
	})
}

func TestDraftOps(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	c := newClient(t, h, h.Token("manage"))
	text := "trigger: {kind: manual}\nsteps:\n  - {id: one, kind: log, config: {message: hello}}\n"
	made, at := c.do(201, "POST", "/api/v1/workflows", object{"name": "From a file", "definition": text})
	if made.text("trigger") != "manual" {
		t.Fatalf("%v", made)
	}
	t.Run("an edit that fits nowhere changes nothing", func(t *testing.T) {
		for body, want := range map[*object]int{
			{"op": "explode"}: 422, {"op": "insert"}: 422, {"op": "insert", "step": object{"nobody": "knows"}}: 422, {"op": "delete", "id": "none"}: 404,
			{"op": "move", "id": "one", "to": object{"step": "none"}}: 422, {"op": "replace"}: 422,
			{"op": "update", "id": "one", "step": object{"id": "Not An Id", "kind": "log"}}: 422,
		} {
			if p := problemOf(t, c.ask("POST", at+"/draft/ops", *body)); p.Status != want {
				t.Errorf("%v: %+v", *body, p)
			}
		}
		for _, definition := range []string{"a: &x [*x]", "steps: [", "nobody: knows", `steps: [{id: one, kind: log, name: "a\0b"}]`} {
			if p := problemOf(t, c.ask("PUT", at+"/draft", object{"definition": definition})); p.Status != 422 {
				t.Errorf("%q: %+v", definition, p)
			}
		}
		if p := problemOf(t, c.ask("POST", at+"/draft/undos", nil)); p.Status != 409 || p.Code != "workflow.fail.no_edit" {
			t.Errorf("%+v", p)
		}
		if draft := c.get(at + "/draft"); draft.number("revision") != 1 || draft.text("definition.steps.0.config.message") != "hello" {
			t.Errorf("%v", draft)
		}
	})
	_, published := c.do(201, "POST", at+"/versions", object{})
	if published != at+"/versions/1" || c.get(published).text("definition.steps.0.id") != "one" {
		t.Errorf("the version is not at %q", published)
	}
	t.Run("what changed since a version", func(t *testing.T) {
		draft, _ := c.do(200, "POST", at+"/draft/ops", object{"op": "insert", "index": 1, "step": object{"id": "one", "kind": "log", "config": object{"message": "again"}}})
		if draft.number("revision") != 2 || draft.text("definition.steps.1.id") != "one_2" {
			t.Errorf("%v", draft)
		}
		c.do(200, "POST", at+"/draft/ops", object{"op": "settings", "settings": object{"max_runs": 3}})
		diff := c.get(published + "/diff")
		if diff.text("steps.one_2") != "added" || diff.at("steps.one") != nil || diff.at("settings") != true || diff.at("trigger") != false {
			t.Errorf("%v", diff)
		}
		if same := c.get(published + "/diff?with=1"); same.at("settings") != false {
			t.Errorf("%v", same)
		}
		for _, query := range []string{"?with=2", "?with=0", "?with=x"} {
			if got := c.ask("GET", published+"/diff"+query, nil); got.Status != 404 && got.Status != 422 {
				t.Errorf("%s: %d", query, got.Status)
			}
		}
	})
}

func TestStepKinds(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	c := newClient(t, h, h.Token("read"))
	kinds := map[string]object{}
	for _, kind := range c.get("/api/v1/step-kinds").at("items").([]any) {
		kinds[object(kind.(map[string]any)).text("kind")] = kind.(map[string]any)
	}
	ask := kinds["http_request"]
	if ask.text("class") != "C" && ask.at("class_varies") != true || ask.number("timeout_seconds") <= 0 || ask.number("tries") < 1 || ask.text("fields.0.name") == "" || ask.text("outputs.0.type") == "" {
		t.Errorf("%v", ask)
	}
	if kinds["condition"].text("shape") != "yes_no" {
		t.Errorf("%v", kinds["condition"])
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	c := newClient(t, h, h.Token("manage"))
	const address = "/api/v1/credentials"
	good := object{"name": "Shop", "kind": "bearer", "host": "api.example.com", "secret": "canary-secret"}
	for field, value := range map[string]any{"kind": "magic", "host": "https://x/y", "secret": "", "name": ""} {
		bad := object{}
		for name := range good {
			bad[name] = good[name]
		}
		bad[field] = value
		if p := problemOf(t, c.ask("POST", address, bad)); p.Status != 422 || len(p.Fields) != 1 || p.Fields[0].Field != field {
			t.Errorf("%s: %+v", field, p)
		}
	}
	if got := h.JSON(h.Token("read"), "POST", address, `{"name":"x","kind":"bearer","host":"x.example","secret":"x"}`); got.Status != 403 {
		t.Errorf("with read alone: %d", got.Status)
	}
	made := c.ask("POST", address, good)
	listed := c.ask("GET", address, nil)
	if made.Status != 201 || !strings.Contains(listed.Body, `"Shop"`) {
		t.Fatalf("%d %s", made.Status, listed.Body)
	}
	if strings.Contains(made.Body+listed.Body, "canary-secret") {
		t.Error("the secret comes back")
	}
	c.do(204, "DELETE", made.Location(), nil)
	if items := c.get(address).at("items").([]any); len(items) != 0 {
		t.Errorf("%v", items)
	}
}
