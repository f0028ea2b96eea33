package hooks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"levqor/app/apptest"
	"levqor/app/hooks"
	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
	"levqor/workers"
)

// door publishes a workflow of the steps behind a webhook and returns its address.
func door(t *testing.T, h *apptest.House, actor account.Actor, config, steps string) string {
	t.Helper()
	d, err := flow.ParseYAML([]byte("trigger: {kind: webhook, config: " + config + "}\nsteps: " + steps))
	if err != nil {
		t.Fatal(err)
	}
	workflows := h.Services.Workflows
	id, err := workflows.Create(t.Context(), actor, "Door of "+config, "", d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := workflows.Publish(t.Context(), actor, id, 1, ""); err != nil {
		t.Fatal(err)
	}
	token, err := workflows.Address(t.Context(), actor, id)
	if err != nil || len(token) < 26 {
		t.Fatalf("%q, %v", token, err)
	}
	return "/hooks/" + token
}

func call(h *apptest.House, path, body string, headers ...string) apptest.Answer {
	request, err := http.NewRequest(http.MethodPost, "http://levqor.test"+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return h.Do(request)
}

func TestHooks(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	listening, stop := context.WithCancel(t.Context())
	defer stop()
	go h.Services.Live.Run(listening, h.Services.DB.Pool())
	actor := dbtest.Workspace(t, h.Services.DB)
	reply := door(t, h, actor, "{sync: true}", `[{id: r, kind: respond, config: {status: 201, body: {sum: "${trigger.body.a + 1}", who: "${trigger.query.?who.orValue('nobody')}"}}}]`)
	later := door(t, h, actor, "{}", `[{id: s, kind: store, config: {action: add, name: calls, value: "${1}"}}]`)
	sealed := door(t, h, actor, "{signed: true}", `[{id: l, kind: log, config: {message: in}}]`)
	broken := door(t, h, actor, "{sync: true, x: 1}", `[{id: l, kind: log, config: {message: "${trigger.body.missing}"}}]`)

	told := door(t, h, actor, "{sync: true, x: 2}", `[{id: r, kind: respond, config: {type: text, body: "${trigger.method + ' ' + (type(trigger.body) == string ? 'string ' + trigger.body : 'map ' + trigger.body.who)}"}}]`)
	paused := door(t, h, actor, "{x: paused}", `[{id: l, kind: log, config: {message: in}}]`)

	t.Run("an unknown address is not there", func(t *testing.T) {
		for _, path := range []string{"/hooks/nothing", "/hooks/runs/nothing"} {
			if got := call(h, path, `{}`); got.Status != http.StatusNotFound || !strings.Contains(got.Body, `"code"`) {
				t.Errorf("%s: %d %s", path, got.Status, got.Body)
			}
		}
	})
	t.Run("a body that is not what it says", func(t *testing.T) {
		if got := call(h, reply, `{"a": `); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
	t.Run("a caller waits for the reply", func(t *testing.T) {
		if got := call(h, reply+"?who=ada", `{"a": 41}`, "Origin", "https://elsewhere.example"); got.Status != 201 || got.Body != `{"sum":42,"who":"ada"}` {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
	t.Run("a caller waits no longer than the deadline, and is told where the run is", func(t *testing.T) {
		slow := door(t, h, actor, "{sync: true, x: 3}", `[{id: ask, kind: wait_for_approval, config: {message: well}, branches: [{name: "yes", steps: []}, {name: "no", steps: []}]}]`)
		app := fiber.New(fiber.Config{Immutable: true})
		hooks.Mount(app, &web.Site{Services: h.Services}, 10*time.Millisecond)
		answer, err := app.Test(httptest.NewRequest(http.MethodPost, slow, http.NoBody), -1)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var said struct{ Run string }
		if err := json.NewDecoder(answer.Body).Decode(&said); err != nil || answer.StatusCode != http.StatusAccepted ||
			answer.Header.Get("Location") != "http://levqor.test/runs/"+said.Run {
			t.Errorf("%d %s %q, %v", answer.StatusCode, answer.Header.Get("Location"), said.Run, err)
		}
		if n := h.Count(`SELECT count(*) FROM runs WHERE id::text = $1 AND state IN ('running', 'waiting')`, said.Run); n != 1 {
			t.Error("the run does not go on")
		}
	})
	t.Run("a failed run is no answer", func(t *testing.T) {
		if got := call(h, broken, `{}`); got.Status != http.StatusBadGateway || strings.Contains(got.Body, "missing") {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
	t.Run("the same key starts one run", func(t *testing.T) {
		first := call(h, later, `{}`, "Idempotency-Key", "one")
		if again := call(h, later, `{}`, "Idempotency-Key", "one"); first.Status != http.StatusAccepted || again.Body != first.Body {
			t.Errorf("%d %s, then %s", first.Status, first.Body, again.Body)
		}
		if other := call(h, later, `{}`, "Idempotency-Key", "two"); other.Body == first.Body {
			t.Error("another key is the same run")
		}
	})
	t.Run("a signature is wanted where there is a secret", func(t *testing.T) {
		mac := hmac.New(sha256.New, []byte(workflow.SigningKey(strings.TrimPrefix(sealed, "/hooks/"))))
		mac.Write([]byte(`{"n":1}`))
		good := hex.EncodeToString(mac.Sum(nil))
		for signature, want := range map[string]int{"": 401, "no hex": 401, "sha256=00": 401, "sha256=" + good: 202, good: 202} {
			for _, header := range []string{"X-Hub-Signature-256", "X-Levqor-Signature"} {
				if got := call(h, sealed, `{"n":1}`, header, signature); got.Status != want {
					t.Errorf("%s: %q: %d", header, signature, got.Status)
				}
			}
		}
		if got := call(h, sealed, `{"n":2}`, "X-Levqor-Signature", good); got.Status != 401 {
			t.Errorf("another body passes: %d", got.Status)
		}
		if got := call(h, sealed, `{"n":1}`, "X-Levqor-Signature", "00", "X-Hub-Signature-256", good); got.Status != 401 {
			t.Errorf("a wrong signature of ours passes beside a good one: %d", got.Status)
		}
	})
	t.Run("what the database does not take is refused", func(t *testing.T) {
		for body, headers := range map[string][]string{
			`{"a": "\u0000"}`: nil, `{"a": 1, "b\u0000": 2}`: nil, "a\x00b": {"Content-Type", "text/plain"}, "\xff": {"Content-Type", "text/plain"},
			`{}`: {"Idempotency-Key", "\xff\xfe"}, `[]`: {"Idempotency-Key", strings.Repeat("k", 201)}, strings.Repeat("[", 200) + strings.Repeat("]", 200): nil,
		} {
			if got := call(h, later, body, headers...); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, `"request_id"`) {
				t.Errorf("%.40q %v: %d %s", body, headers, got.Status, got.Body)
			}
		}
	})
	t.Run("more than a run takes is refused", func(t *testing.T) {
		if got := call(h, later, `"`+strings.Repeat("x", 1<<20-10)+`"`); got.Status != http.StatusRequestEntityTooLarge || !strings.Contains(got.Body, `"code"`) {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
	t.Run("forms and texts are read too", func(t *testing.T) {
		if got := call(h, told, "who=ada&x=1", "Content-Type", "application/x-www-form-urlencoded"); got.Status != 200 || got.Body != `POST map ada` {
			t.Errorf("%d %s", got.Status, got.Body)
		}
		if got := call(h, told, "hello", "Content-Type", "text/plain"); got.Status != 200 || got.Body != `POST string hello` {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
	t.Run("only posts are taken, for now", func(t *testing.T) {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			request, err := http.NewRequest(method, "http://levqor.test"+later, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.Do(request); got.Status != http.StatusNotFound || got.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %d %s", method, got.Status, got.Body)
			}
		}
	})
	t.Run("a paused workflow takes no call", func(t *testing.T) {
		found, err := h.Services.Workflows.List(t.Context(), actor)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range found {
			if w.Name == "Door of {x: paused}" {
				if err := h.Services.Workflows.Pause(t.Context(), actor, w.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := call(h, paused, `{}`); got.Status != http.StatusConflict || !strings.Contains(got.Body, "workflow.fail.paused") {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
	t.Run("secrets of the caller stay out of the history", func(t *testing.T) {
		call(h, later, `{}`, "Authorization", "Bearer canary-7", "Cookie", "c=canary-7")
		if n := h.Count(`SELECT count(*) FROM runs WHERE input::text LIKE '%canary-7%'`); n != 0 {
			t.Error("kept")
		}
	})
}
