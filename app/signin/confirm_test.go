package signin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

func TestConfirming(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("a stranger is asked to sign in", func(t *testing.T) {
		if answer := h.Anonymous().Get("/confirm?next=/settings/tokens"); !strings.HasPrefix(answer.Location(), "/sign-in?next=") {
			t.Errorf("%d %s", answer.Status, answer.Location())
		}
		if answer := h.Anonymous().Post("/confirm/codes"); answer.Status != http.StatusUnauthorized {
			t.Error(answer.Status)
		}
	})
	t.Run("who came in just now goes on", func(t *testing.T) {
		if to := h.Owner.Get("/confirm?next=/settings/tokens").Location(); to != "/settings/tokens" {
			t.Error(to)
		}
	})
	h.Services.Clock.Shift(account.StepUpFor + time.Second)
	t.Run("what needs it leads here, and back", func(t *testing.T) {
		wants(t, h.Owner.Get("/settings/tokens"), http.StatusOK, "/confirm?next=%2Fsettings%2Ftokens")
		answer := h.Owner.Post("/settings/tokens", "name", "ci", "scopes", "read", "days", "30")
		if answer.Location() != "/confirm?next=%2Fsettings%2Ftokens" {
			t.Fatalf("%d %s", answer.Status, answer.Location())
		}
		wants(t, h.Owner.Get(answer.Location()), http.StatusOK, "Send me a code")
		sent := h.Owner.Post("/confirm/codes", "next", "/settings/tokens").Location()
		_, code := newest(t, h)
		page := h.Owner.Get(sent)
		wants(t, page, http.StatusOK, "The 6 digits from the mail")
		if strings.Contains(page.Body, code) {
			t.Error("the page gives the code away")
		}
		wants(t, h.Stranger.Post("/confirm", "code", code), http.StatusUnprocessableEntity, "not right")
		wants(t, h.Owner.Post("/confirm", "code", "12345", "next", "/settings/tokens"), http.StatusUnprocessableEntity, "not right")
		if to := h.Owner.Post("/confirm", "code", code, "next", "/settings/tokens").Location(); to != "/settings/tokens" {
			t.Fatal(to)
		}
		wants(t, h.Owner.Get("/settings/tokens"), http.StatusOK, "Make the token")
	})
	t.Run("it leads to no other site", func(t *testing.T) {
		for _, next := range []string{"https://evil.example", "//evil.example"} {
			if to := h.Owner.Get("/confirm?next=" + next).Location(); to != "/" {
				t.Error(to)
			}
		}
	})
	t.Run("asking too often is refused", func(t *testing.T) {
		h.FreshWindow()
		var last apptest.Answer
		for range 6 {
			last = h.Stranger.Post("/confirm/codes", "next", "/")
		}
		wants(t, last, http.StatusTooManyRequests, "too often")
	})
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	invited := func(address string) string {
		t.Helper()
		if err := h.Services.Accounts.Invite(t.Context(), h.Actor, address, account.RoleOperator, "en"); err != nil {
			t.Fatal(err)
		}
		path, _ := newest(t, h)
		return path
	}
	path := invited("ivy@acacia.example")
	t.Run("one that is made up says what every bad one says", func(t *testing.T) {
		wants(t, h.Anonymous().Get("/invitations/abc"), http.StatusNotFound, "This invitation is not for you, or it is over.")
		wants(t, h.Owner.Post("/invitations/abc"), http.StatusNotFound, "This invitation is not for you, or it is over.")
	})
	t.Run("somebody else who is signed in can neither see nor accept it", func(t *testing.T) {
		page := h.Stranger.Get(path)
		wants(t, page, http.StatusNotFound, "Sign out and use another address")
		if strings.Contains(page.Body, "ivy@acacia.example") {
			t.Error("it names whom it is for")
		}
		wants(t, h.Stranger.Post(path), http.StatusNotFound, "not for you")
	})
	t.Run("a reader without a session can't accept", func(t *testing.T) {
		if answer := h.Anonymous().Post(path); answer.Status != http.StatusUnauthorized {
			t.Error(answer.Status)
		}
	})
	t.Run("the person signs in by it, and joins by a press", func(t *testing.T) {
		page := h.Anonymous().Get(path)
		wants(t, page, http.StatusOK, "olive")
		wants(t, page, http.StatusOK, "ivy@acacia.example")
		ivy, link, _ := asks(t, h, "ivy@acacia.example", path)
		if to := ivy.Post(link, "next", path).Location(); to != path {
			t.Fatal(to)
		}
		if to := ivy.Get("/").Location(); to != "/workspaces/new" {
			t.Errorf("a person without a workspace: %q", to)
		}
		wants(t, ivy.Get(path), http.StatusOK, "Join the workspace")
		if n := h.Count(`SELECT count(*) FROM members WHERE workspace_id = $1`, h.Actor.Workspace); n != 1 {
			t.Errorf("looking made %d members", n)
		}
		if to := ivy.Post(path).Location(); to != "/" {
			t.Fatal(to)
		}
		wants(t, ivy.Get("/settings/members"), http.StatusOK, "ivy@acacia.example")
		wants(t, ivy.Post(path), http.StatusNotFound, "not for you")
	})
	t.Run("one that was taken back is over", func(t *testing.T) {
		path := invited("jo@acacia.example")
		h.Exec(`UPDATE invitations SET revoked_at = now() WHERE email = 'jo@acacia.example'`)
		wants(t, h.Anonymous().Get(path), http.StatusNotFound, "it is over")
	})
	t.Run("one lasts a week", func(t *testing.T) {
		path := invited("kim@acacia.example")
		h.Services.Clock.Shift(account.InvitationLife + time.Second)
		wants(t, h.Anonymous().Get(path), http.StatusNotFound, "it is over")
	})
}
