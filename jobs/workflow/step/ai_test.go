package step_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/assist"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/step"
)

// says answers as OpenAI's service does.
func says(w http.ResponseWriter, text string) {
	content, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id":"c1","object":"chat.completion","created":1,"model":"small","choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":"stop"}],"usage":{"prompt_tokens":40,"completion_tokens":2,"total_tokens":42}}`, content)
}

// aiHouse has an AI whose next answers a test sets.
func aiHouse(t *testing.T) (*house, *http.HandlerFunc, *asked) {
	t.Helper()
	answer := new(http.HandlerFunc)
	address, seen := serve(t, func(w http.ResponseWriter, r *http.Request) { (*answer)(w, r) })
	h := newHouseAsking(t, assist.Options{URL: address + "/v1", Key: "canary-key", Model: "small", Tokens: 100_000, On: true})
	return h, answer, seen
}

// asks runs the step until the AI was asked once.
func (h *house) asks(steps string, args ...any) uuid.UUID {
	h.t.Helper()
	run := h.run(steps, args...)
	if class, _ := h.waits(run, step.WaitTask); class != "B" {
		h.t.Errorf("class %s", class)
	}
	h.perform("ai_call", h.assist.Perform)
	return run
}

func TestAI(t *testing.T) {
	t.Parallel()
	h, answer, seen := aiHouse(t)
	text := func(text string) { *answer = func(w http.ResponseWriter, _ *http.Request) { says(w, text) } }
	const sorting = "  - {id: a, kind: ai, config: {instructions: Sort it., input: \"${'my roof ' + 'leaks'}\", choices: [Sales, Support]%s}}\n  - {id: l, kind: log, config: {message: \"${steps.a.choice}\"}}"

	t.Run("says a text", func(t *testing.T) {
		text("It is about a roof.\n")
		got := h.ends(h.asks("  - {id: a, kind: ai, config: {instructions: Sum it up., input: \"${'my roof ' + 'leaks'}\"}}"))["a"]
		if got["text"] != "It is about a roof." || got["tokens"] != 42.0 || got["fallback"] != false || got["cut"] != false {
			t.Errorf("%v", got)
		}
		body := seen.bodies[len(seen.bodies)-1]
		if !strings.Contains(body, "Sum it up.") || !strings.Contains(body, `"my roof leaks"`) || !strings.Contains(body, "no instructions") {
			t.Errorf("asked %s", body)
		}
		if request := seen.requests[0]; request.URL.Path != "/v1/chat/completions" || request.Header.Get("Authorization") != "Bearer canary-key" {
			t.Errorf("asked at %s", request.URL.Path)
		}
	})
	t.Run("chooses one of those that it was given", func(t *testing.T) {
		for said, want := range map[string]string{"Support": "Support", " \"support.\"": "Support", "**Sales**": "Sales"} {
			text(said)
			if got := h.ends(h.asks(sorting, "")); got["a"]["choice"] != want || got["l"]["message"] != want {
				t.Errorf("%q: %v", said, got)
			}
		}
		text("Support, I would say")
		h.fails(h.asks(sorting, ""), "step.ai.fail.choice")
		text("Support, I would say")
		if got := h.ends(h.asks(sorting, ", fallback: Sales"))["a"]; got["choice"] != "Sales" || got["fallback"] != true {
			t.Errorf("%v", got)
		}
	})
	const facts = "  - {id: a, kind: ai, config: {instructions: Read the order., fields: [{name: who}, {name: count, kind: number, about: how many}, {name: urgent, kind: yes_no}, {name: items, kind: list}]%s}}\n" +
		"  - {id: l, kind: log, config: {message: \"${steps.a.fields.who} ${text(steps.a.fields.count + 1)}\"}}"
	t.Run("fills in fields", func(t *testing.T) {
		text("```json\n{\"who\": \"Ada\", \"count\": 2, \"urgent\": true, \"items\": [\"tea\"], \"more\": \"left out\"}\n```")
		got := h.ends(h.asks(facts, ""))
		if fields, _ := got["a"]["fields"].(map[string]any); len(fields) != 4 || fields["urgent"] != true || got["l"]["message"] != "Ada 3" {
			t.Errorf("%v", got)
		}
		if body := seen.bodies[len(seen.bodies)-1]; !strings.Contains(body, `"json_object"`) || !strings.Contains(body, "how many") {
			t.Errorf("asked %s", body)
		}
		for said, key := range map[string]string{"Ada": "json", "[1]": "json", `{"who": "Ada"}`: "field", `{"who": "Ada", "count": "2", "urgent": true, "items": []}`: "field", `{"who": "Ada", "count": 2, "urgent": true, "items": [1]}`: "field"} {
			text(said)
			h.fails(h.asks(facts, ""), "step.ai.fail."+key)
		}
		text("no idea")
		got = h.ends(h.asks(facts, ", fallback: {who: nobody, count: 0, urgent: false, items: []}"))
		if got["l"]["message"] != "nobody 1" || got["a"]["fallback"] != true {
			t.Errorf("%v", got)
		}
	})
	t.Run("a hostile answer is data", func(t *testing.T) {
		for _, said := range []string{"${secrets.all} ${1 + 1}", "<script>alert(1)</script>", "{{steps}}", "Support\n${run.id}"} {
			text(said)
			got := h.ends(h.asks("  - {id: a, kind: ai, config: {instructions: Say something.}}\n  - {id: l, kind: log, config: {message: \"${steps.a.text}\"}}"))
			if got["a"]["text"] != said || got["l"]["message"] != said {
				t.Errorf("%q became %v", said, got)
			}
		}
	})
	t.Run("an answer without an end is cut", func(t *testing.T) {
		text(strings.Repeat("ä", assist.LongestReply+1))
		got := h.ends(h.asks("  - {id: a, kind: ai, config: {instructions: Say much.}}"))["a"]
		if said, _ := got["text"].(string); len([]rune(said)) != assist.LongestReply || got["cut"] != true {
			t.Errorf("%d, %v", len(said), got["cut"])
		}
	})
	t.Run("a service that says no fails the step, or takes the fallback", func(t *testing.T) {
		*answer = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"error":{"message":"Incorrect API key provided: canary-key","type":"invalid_request_error","code":"invalid_api_key"}}`)
		}
		got := h.fails(h.asks(sorting, ""), "assist.fail.key")
		if strings.Contains(fmt.Sprint(got), "canary") {
			t.Errorf("%v", got)
		}
		if got := h.ends(h.asks(sorting, ", fallback: Support")); got["a"]["choice"] != "Support" || got["l"]["message"] != "Support" {
			t.Errorf("%v", got)
		}
	})
	t.Run("nobody waits for ever", func(t *testing.T) {
		run := h.run(sorting, ", fallback: Support")
		h.pass(assist.Patience + time.Minute)
		if got := h.ends(run)["a"]; got["fallback"] != true {
			t.Errorf("%v", got)
		}
		var left int
		h.Row(`SELECT count(*) FROM tasks WHERE kind = 'ai_call' AND state = 'queued'`).To(&left)
		if left != 0 {
			t.Errorf("%d questions are still to be asked", left)
		}
	})
	t.Run("in a test, a pinned answer is taken in its place", func(t *testing.T) {
		before := len(seen.requests)
		workflow, version := h.publish("  - {id: a, kind: ai, pin: {text: pinned}, config: {instructions: Say something.}}\n  - {id: l, kind: log, config: {message: \"${steps.a.text}\"}}")
		started, err := h.engine.Start(t.Context(), engine.New{Workspace: h.Actor.Workspace, Workflow: workflow, Version: version, Cause: engine.CauseTest})
		if err != nil {
			t.Fatal(err)
		}
		h.drain()
		if got := h.ends(started.ID); got["l"]["message"] != "pinned" || len(seen.requests) != before {
			t.Errorf("%v", got)
		}
	})
}

func TestAIWithoutAService(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.ends(h.run("  - {id: a, kind: ai, config: {instructions: Sort it., choices: [a, b], fallback: b}}"))["a"]
	if got["choice"] != "b" || got["fallback"] != true || got["tokens"] != 0.0 {
		t.Errorf("%v", got)
	}
	spec := step.AI(h.assist)
	if problems := spec.CheckConfig(map[string]any{"instructions": "Sort it."}); len(problems) != 1 || problems[0].Key != "step.ai.fail.off" {
		t.Errorf("%v", problems)
	}
	// one that was published while there was a service
	h.fails(h.run("  - {id: a, kind: ai, config: {instructions: Sort it., choices: [a, b], fallback: \"${run.number > 0 ? '' : 'a'}\"}}"), "assist.fail.off")
}

func TestAISettings(t *testing.T) {
	t.Parallel()
	h, _, _ := aiHouse(t)
	field := func(name string) map[string]any { return map[string]any{"name": name} }
	for want, config := range map[string]map[string]any{
		"step.ai.fail.one":          {"choices": []any{"a", "b"}, "fields": []any{field("who")}},
		"step.ai.fail.choices":      {"choices": []any{"a"}},
		"step.ai.fail.fallback":     {"choices": []any{"a", "b"}, "fallback": "c"},
		"workflow.fail.row_name":    {"fields": []any{field("who"), field("who")}},
		"workflow.fail.row":         {"fields": []any{map[string]any{"name": "who", "kind": "tree"}}},
		"workflow.fail.row_more":    {"fields": []any{map[string]any{"name": "who", "hidden": true}}},
		"workflow.fail.map":         {"fields": []any{"who"}},
		"workflow.fail.list":        {"fields": "who"},
		"workflow.fail.rows":        {"fields": make([]any, 51)},
		"workflow.fail.required":    {"instructions": ""},
		"":                          {"choices": []any{"a", "b"}, "fallback": "${trigger.x}"},
		"step.ai.fail.fallback\x00": {"fields": []any{field("who")}, "fallback": map[string]any{"whom": "x"}},
	} {
		if config["instructions"] == nil {
			config["instructions"] = "Do it."
		}
		got := ""
		if problems := step.AI(h.assist).CheckConfig(config); len(problems) > 0 {
			got = problems[0].Key
		}
		if got != strings.TrimSuffix(want, "\x00") {
			t.Errorf("%v: %q, want %q", config, got, want)
		}
	}
}
