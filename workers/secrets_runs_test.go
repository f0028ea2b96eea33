package workers_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"levqor/jobs/credential"
	"levqor/jobs/secret"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
)

// runsWithSecrets are runs of a workflow behind a webhook whose requests show
// credentials, to a server that says them back, in a good reply and in a bad one.
func (h *house) runsWithSecrets(c canaries) {
	h.t.Helper()
	bearer, word := c.make("a credential"), c.make("the password of a credential")
	c["a credential as it is sent"] = base64.StdEncoding.EncodeToString([]byte("shop:" + word))
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := r.Header.Get("Authorization")
		w.Header().Set("X-Echo", shown)
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = io.WriteString(w, "you sent "+shown)
	}))
	h.t.Cleanup(echo.Close)
	at, err := url.Parse(echo.URL)
	must(h.t, err)
	keep := func(in credential.Input) uuid.UUID {
		in.Host = at.Host
		id, err := h.Credentials.Create(h.t.Context(), h.actor, in)
		must(h.t, err)
		return id
	}
	first := keep(credential.Input{Name: "Bearer", Kind: credential.Bearer, Secret: secret.Text(bearer)})
	second := keep(credential.Input{Name: "Basic", Kind: credential.Basic, User: "shop", Secret: secret.Text(word)})
	id, err := h.Workflows.Create(h.t.Context(), h.actor, "Shows credentials", "", flow.Definition{
		Trigger: flow.Trigger{Kind: workflow.ByWebhook, Config: map[string]any{"signed": true}},
		Steps: []flow.Step{
			{ID: "good", Kind: "http_request", Config: map[string]any{"url": echo.URL + "/yes", "credential": first.String()}},
			{ID: "note", Kind: "log", Config: map[string]any{"message": "${steps.good.body} ${text(steps.good.headers)}"}},
			{ID: "bad", Kind: "http_request", Config: map[string]any{"url": echo.URL + "/no", "credential": second.String()}, OnError: flow.Continue},
		}})
	must(h.t, err)
	_, err = h.Workflows.Publish(h.t.Context(), h.actor, id, 1, "")
	must(h.t, err)
	token, err := h.Workflows.Address(h.t.Context(), h.actor, id)
	must(h.t, err)
	c["the address of a webhook"], c["the signing key of a webhook"] = token, workflow.SigningKey(token)
	hook, err := h.Workflows.Hook(h.t.Context(), token)
	must(h.t, err)
	started, err := h.Workflows.Enter(h.t.Context(), hook, map[string]any{"body": "in"}, "")
	must(h.t, err)
	var run workflow.RunDetail
	must(h.t, until(h.t.Context(), func(ctx context.Context) (bool, error) {
		run, err = h.Workflows.Run(ctx, h.actor, started.ID)
		return run.State.Final(), err
	}))
	said := ask[string](h, `SELECT output::text FROM run_steps WHERE run_id = $1 AND step_id = 'note'`, started.ID)
	if run.State != engine.Succeeded || len(said) != 1 || !strings.Contains(said[0], "you sent ") {
		h.t.Errorf("the run is %s, %s; %q", run.State, run.FailureKey, said)
	}
}
