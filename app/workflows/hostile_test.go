package workflows_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/credential"
	"levqor/jobs/secret"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
)

const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(2)>${1}</textarea><svg/onload=alert(3)>`

// TestHostileTexts is S4 for workflows: what people, other systems and other servers
// write is shown as text on every page, wherever it is typed.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(hostile))
	}))
	defer outside.Close()
	key, err := h.Services.Credentials.Create(t.Context(), h.Actor, credential.Input{Name: hostile[:70], Kind: credential.Bearer, Host: "127.0.0.1", Secret: secret.Text("x")})
	must(t, err)
	said := strings.ReplaceAll(hostile, "${1}", "")
	d := flow.Definition{Trigger: flow.Trigger{Kind: "manual"}, Steps: []flow.Step{
		{ID: "say", Kind: "log", Name: said, Config: map[string]any{"message": said + " ${trigger.text}"}},
		{ID: "get", Kind: "http_request", Name: said, Config: map[string]any{"url": outside.URL}},
		{ID: "pick", Kind: "switch", Name: said, Branches: []flow.Branch{{Name: said, When: "true", Steps: []flow.Step{
			{ID: "ask", Kind: "http_request", Name: said, Config: map[string]any{"method": "POST", "url": outside.URL, "body": said, "credential": key.String()}}}},
			{Name: "else", Steps: []flow.Step{}}}},
	}}
	id, err := h.Services.Workflows.Create(t.Context(), h.Actor, said[:70], said, d)
	must(t, err)
	_, err = h.Services.Workflows.Publish(t.Context(), h.Actor, id, 1, said)
	must(t, err)
	run := h.Run(id, map[string]any{"text": hostile, hostile: hostile})
	detail, err := h.Services.Workflows.Run(t.Context(), h.Actor, run)
	must(t, err)
	at, of := "/workflows/"+id.String(), "/runs/"+run.String()
	pages := []string{"/workflows", at, at + "?step=say", at + "?step=get", at + "?step=pick", at + "?step=ask", at + "?run=" + run.String(), at + "/versions", at + "/figures",
		"/runs", of, of + "?step=say", of + "?step=get", of + "?step=ask", of + "?step=@start", of + "/replays/new", "/approvals", "/", "/settings/credentials", "/notifications"}
	check := func() {
		t.Helper()
		for _, page := range pages {
			body := h.Owner.Get(page)
			if body.Status != 200 {
				t.Errorf("%s: %d", page, body.Status)
			}
			for _, live := range []string{"<script>alert", "<img src=x", "<svg/onload", "</textarea><svg"} {
				if strings.Contains(body.Body, live) {
					t.Errorf("%s holds %s", page, live)
				}
			}
		}
	}
	check()
	if !strings.Contains(h.Owner.Get(of).Body, "(127.0.0.1)") {
		t.Error("the question names its credential by an id")
	}
	must(t, h.Services.Workflows.Decide(t.Context(), h.Actor, run, detail.Waits[0].Key, workflow.Decision{Hash: detail.Waits[0].Hash, Reason: hostile}))
	h.Advance()
	check()
	answer := h.Owner.Get(at + "/yaml")
	if got, err := flow.ParseYAML([]byte(answer.Body)); err != nil || asJSON(t, got) != asJSON(t, d) {
		t.Errorf("the YAML comes back otherwise: %v", err)
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	must(t, err)
	return string(text)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
