package browser_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"levqor/jobs/account"
)

// TestARun walks from a question to the end of a run, as a person does.
func TestARun(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]struct {
		language string
		width    int64
	}{"in English on a desk": {"", 1440}, "from right to left on a phone": {"ar-XB", 390}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			at := s.workflow(t, hold)
			s.api(t, at+"/runs", object{"input": object{"list": []string{"ana", "leo"}}})
			p := s.open(t, start.width, 900)
			p.signIn()
			if start.language != "" {
				p.speak(start.language)
			}
			p.look()
			p.answer()
		})
	}
}

type object = map[string]any

// hold has a loop, a choice, and a step that asks a person and then can't be done.
var hold = object{"name": "Failed drill: hold and tell", "definition": object{"trigger": object{"kind": "manual"}, "steps": []object{
	{"id": "sum", "kind": "transform", "name": "Reckon how much", "config": object{"values": object{"total": "${trigger.list.size()}"}}},
	{"id": "many", "kind": "condition", "name": "Are there many?", "config": object{"when": "steps.sum.total > 1.0"}, "branches": []object{
		{"name": "yes", "steps": []object{{"id": "each", "kind": "for_each", "name": "For each client", "config": object{"items": "trigger.list"}, "branches": []object{
			{"name": "each", "steps": []object{{"id": "line", "kind": "log", "name": "Write it to the log", "config": object{"message": "hello ${item}"}}}}}}}},
		{"name": "no", "steps": []object{{"id": "few", "kind": "log", "name": "Say that there are few", "config": object{"message": "few"}}}}}},
	{"id": "tell", "kind": "http_request", "name": "Tell the client", "config": object{"method": "POST", "url": "http://127.0.0.1:1/messages",
		"body": object{"subject": "A restore test failed", "to": []string{"ana@northwind.example"}}}},
	{"id": "last", "kind": "log", "name": "Note that it went out", "config": object{"message": "done"}},
}}}

// look opens every page on which nothing is done.
func (p *page) look() {
	p.t.Helper()
	p.visit("/approvals")
	p.see("#questions tbody tr")
	p.accessible()
	for _, path := range []string{"/runs", "/settings/credentials", "/"} {
		p.visit(path)
		p.accessible()
	}
	p.click(`#needs-list a, main a[href^="/runs/"]`)
	p.at("/runs/")
	p.see("#step")
	p.accessible()
}

// answer says yes on the run's page, which follows what becomes of it.
func (p *page) answer() {
	p.t.Helper()
	p.click(`section[aria-labelledby="steps"] tbody tr:nth-child(5) th a`)
	p.until("the step", `location.search.includes("step=")`)
	p.see("#step")
	p.click(`button[value="approve"]`)
	p.see(`section[aria-labelledby="steps"] .badge-warning`) // nobody listens there: it tries again
	p.click(`form[action$="/cancellations"] button`)
	p.see(`a[href$="/replays/new"]`)
	p.accessible()
	p.click(`a[href$="/replays/new"]`)
	p.see(`textarea[name="input"]`)
	p.accessible()
}

// token is one of the first workspace, as the command line makes it.
func (s *stand) token(t *testing.T) string {
	t.Helper()
	path, err := program()
	must(t, err)
	cmd := exec.Command(path, "token", "create", "--workspace", account.FirstWorkspace, "--scopes", "manage,operate")
	cmd.Env = append(os.Environ(), "LEVQOR_DATA="+s.dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("token: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// api posts to the API and returns the new thing's address.
func (s *stand) api(t *testing.T, path string, body any) (at string) {
	t.Helper()
	if s.words == "" {
		s.words = s.token(t)
	}
	text, err := json.Marshal(body)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+path, bytes.NewReader(text))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+s.words)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		said := &bytes.Buffer{}
		_, _ = said.ReadFrom(answer.Body)
		t.Fatalf("%s: %d %s", path, answer.StatusCode, said)
	}
	return answer.Header.Get("Location")
}

// workflow makes one and publishes it.
func (s *stand) workflow(t *testing.T, body any) (at string) {
	t.Helper()
	at = s.api(t, "/api/v1/workflows", body)
	s.api(t, at+"/versions", object{})
	return at
}
