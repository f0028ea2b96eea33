package outbox_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app"
	"levqor/app/apptest"
	"levqor/jobs/config"
)

func TestOutbox(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	kept, err := h.Services.Mails.Outbox(t.Context(), 1)
	if err != nil || len(kept) == 0 {
		t.Fatal(err)
	}
	page := "/outbox/" + kept[0].ID.String()
	t.Run("asks who looks", func(t *testing.T) {
		if answer := h.Anonymous().Get(page); answer.Status != 303 {
			t.Error(answer.Status)
		}
	})
	t.Run("lists each mail by its subject", func(t *testing.T) {
		answer := h.Owner.Get("/outbox")
		if answer.Status != 200 || !strings.Contains(answer.Body, "Your link to sign in") || !strings.Contains(answer.Body, page) {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	})
	t.Run("shows both parts; links of the text can be followed", func(t *testing.T) {
		answer := h.Owner.Get(page)
		link, _ := kept[0].Args["link"].(string)
		for _, piece := range []string{`src="` + page + `/html"`, `href="` + link + `"`, "Sent to " + kept[0].To} {
			if !strings.Contains(answer.Body, piece) {
				t.Errorf("%q is not in the page", piece)
			}
		}
		if policy := answer.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-src 'self'") || !strings.Contains(policy, "script-src 'self'") {
			t.Error(policy)
		}
	})
	t.Run("keeps the HTML in a sandbox", func(t *testing.T) {
		answer := h.Owner.Get(page + "/html")
		policy := answer.Header.Get("Content-Security-Policy")
		if answer.Status != 200 || strings.Contains(policy, "script") || strings.Contains(policy, "allow-same-origin") || !strings.Contains(policy, "sandbox") ||
			!strings.Contains(policy, "default-src 'none'") || !strings.Contains(answer.Body, "<!doctype html>") {
			t.Errorf("%d %s %.200s", answer.Status, policy, answer.Body)
		}
	})
	t.Run("knows no other mail", func(t *testing.T) {
		for _, path := range []string{"/outbox/" + uuid.NewString(), "/outbox/x", "/outbox/" + uuid.NewString() + "/html"} {
			if answer := h.Owner.Get(path); answer.Status != 404 {
				t.Errorf("%s: %d", path, answer.Status)
			}
		}
	})
}

// Where mails are sent, nobody reads those of others.
func TestThereIsNoOutboxBesideAMailService(t *testing.T) {
	t.Parallel()
	h := apptest.New(t, func(c *config.Config) { c.ResendKey = "re_test" })
	if answer := h.Owner.Get("/outbox"); answer.Status != 404 {
		t.Error(answer.Status)
	}
	if strings.Contains(h.Owner.Get("/").Body, `href="/outbox"`) {
		t.Error("the rail has it")
	}
}

func TestThereIsNoOutboxOutsideOfDev(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Services.Config.Dev = false
	var err error
	if h.App, err = app.New(t.Context(), h.Services); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/outbox", "/outbox/" + uuid.NewString(), "/outbox/" + uuid.NewString() + "/html"} {
		if answer := h.Owner.Get(path); answer.Status != 404 {
			t.Errorf("%s: %d", path, answer.Status)
		}
	}
}
