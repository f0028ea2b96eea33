package hooks_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"levqor/app/apptest"
)

// TestMalformedCalls is S3 for the doors, which stand in no OpenAPI document.
func TestMalformedCalls(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	open := door(t, h, h.Actor, "{}", `[{id: l, kind: log, config: {message: in}}]`)
	signed := door(t, h, h.Actor, "{signed: true}", `[{id: l, kind: log, config: {message: in}}]`)
	waiting := waitingFor(t, h)
	const plain = "application/json"
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for name, c := range map[string]struct {
		kind, body string
		status     int // of an open door, and of one that is called back
	}{
		"a body that never ends":  {plain, `{"a": `, 422},
		"two values":              {plain, `{} {}`, 422},
		"10,000 deep":             {plain, deep, 422},
		"a zero":                  {plain, `{"a": "\u0000"}`, 422},
		"bytes that are no text":  {"text/plain", "\xff\xfe", 422},
		"bytes said to be JSON":   {"application/vnd.x+json", "\x00\x01", 422},
		"a kind that is no kind":  {";;;", "words", 202},
		"no kind at all":          {"", "words", 202},
		"a number beyond numbers": {plain, `1e999`, 422},
		"nothing":                 {plain, "", 202},
	} {
		for path, want := range map[string]int{open: c.status, signed: 401, waiting: c.status, "/hooks/nobody": 404, "/hooks/runs/nobody": c.status} {
			switch {
			case path == waiting:
				if c.status == 202 {
					continue // it would answer the run
				}
			case path == "/hooks/runs/nobody" && c.status == 202:
				want = 404
			}
			request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(c.body))
			if c.kind != "" {
				request.Header.Set("Content-Type", c.kind)
			}
			got := h.Do(request)
			if got.Status != want {
				t.Errorf("%s at %.20s: %d, want %d: %.200s", name, path, got.Status, want, got.Body)
			}
			if want == 202 {
				continue
			}
			isProblem(t, name+" at "+path, got.Header, []byte(got.Body))
		}
	}
}

// TestLargeCalls: 10 MB are refused as what they are, over a real connection.
func TestLargeCalls(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	address := h.Serve()
	open := door(t, h, h.Actor, "{}", `[{id: l, kind: log, config: {message: in}}]`)
	for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", "application/octet-stream"} {
		for _, path := range []string{open, "/hooks/nobody", "/hooks/runs/nobody"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+path, strings.NewReader(strings.Repeat("x", 10<<20)))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", kind)
			request.Header.Set("Expect", "100-continue")
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			body, err := io.ReadAll(answer.Body)
			if answer.Body.Close(); err != nil || answer.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %d, %v", kind, answer.StatusCode, err)
			}
			isProblem(t, kind, answer.Header, body)
		}
	}
}

func isProblem(t *testing.T, what string, header http.Header, body []byte) {
	t.Helper()
	var problem struct{ Code string }
	if err := json.Unmarshal(body, &problem); err != nil || problem.Code == "" || !strings.HasPrefix(header.Get("Content-Type"), "application/problem+json") {
		t.Errorf("%s: no problem document: %s %.200s", what, header.Get("Content-Type"), body)
	}
}

// waitingFor is the address that a run waits to be called at.
func waitingFor(t *testing.T, h *apptest.House) string {
	t.Helper()
	id := h.Publish("Waits", "trigger: {kind: manual}\nsteps: [{id: a, kind: callback_address}, {id: w, kind: wait_for_webhook, config: {address: \"${steps.a.address}\"}}]")
	run := h.Run(id, nil)
	d, err := h.Services.Workflows.Run(t.Context(), h.Actor, run)
	if err != nil || len(d.Steps) != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	made, _ := d.Steps[0].Output.(map[string]any)
	address, _ := made["address"].(string)
	return strings.TrimPrefix(address, "http://levqor.test")
}
