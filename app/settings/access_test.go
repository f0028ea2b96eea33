package settings_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

func userID(t *testing.T, h *apptest.House, p *apptest.Person) string {
	t.Helper()
	session, err := h.Services.Accounts.Authenticate(t.Context(), p.Cookie("levqor_session"))
	if err != nil {
		t.Fatal(err)
	}
	return session.User.ID.String()
}

func TestMembers(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	admin, operator := h.Member(account.RoleAdmin), h.Member(account.RoleOperator)
	owner := "/settings/members/" + h.Actor.ID.String()
	other := "/settings/members/" + userID(t, h, operator)
	t.Run("an admin can't make or unmake owners", func(t *testing.T) {
		wants(t, admin.Post(other+"/roles", "role", "owner"), http.StatusForbidden)
		wants(t, admin.Post(owner+"/roles", "role", "viewer"), http.StatusForbidden)
		wants(t, admin.Post(owner+"/removals"), http.StatusForbidden)
	})
	t.Run("the last owner can neither leave nor step down, and reads why", func(t *testing.T) {
		wants(t, h.Owner.Post(owner+"/removals"), http.StatusConflict, "A workspace needs an owner", "Make somebody else an owner first.")
		wants(t, h.Owner.Post(owner+"/roles", "role", "admin"), http.StatusConflict, "A workspace needs an owner")
	})
	t.Run("a role that is none", func(t *testing.T) {
		wants(t, h.Owner.Post(other+"/roles", "role", "king"), http.StatusUnprocessableEntity, "Choose one of the roles")
	})
	t.Run("a change of role counts at once", func(t *testing.T) {
		goesTo(t, h.Owner.Post(other+"/roles", "role", "admin"), "/settings/members")
		wants(t, operator.Get("/settings/audit"), http.StatusOK, "Operator → Admin")
		goesTo(t, h.Owner.Post(other+"/roles", "role", "viewer"), "/settings/members")
		wants(t, operator.Get("/settings/audit"), http.StatusForbidden)
	})
	t.Run("the workspace is handed over by roles", func(t *testing.T) {
		goesTo(t, h.Owner.Post(other+"/roles", "role", "owner"), "/settings/members")
		goesTo(t, h.Owner.Post(owner+"/roles", "role", "admin"), "/settings/members")
		goesTo(t, operator.Post(owner+"/roles", "role", "owner"), "/settings/members")
		goesTo(t, h.Owner.Post(other+"/roles", "role", "operator"), "/settings/members")
	})
	t.Run("who was removed is out with the next press, and the log names them", func(t *testing.T) {
		goesTo(t, admin.Post(other+"/removals"), "/settings/members")
		goesTo(t, operator.Get("/settings/members"), "/workspaces/new")
		wants(t, h.Owner.Get("/settings/audit"), http.StatusOK, "Member removed", strings.Split(operator.Email, "@")[0])
	})
	t.Run("a person may leave", func(t *testing.T) {
		viewer := h.Member(account.RoleViewer)
		wants(t, viewer.Get("/settings/members"), http.StatusOK, "Leave")
		goesTo(t, viewer.Post("/settings/members/"+userID(t, h, viewer)+"/removals"), "/")
		goesTo(t, viewer.Get("/"), "/workspaces/new")
	})
}

func TestInviting(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("what can't be invited is said at its field", func(t *testing.T) {
		wants(t, h.Owner.Post("/settings/invitations", "email", "ivy", "role", "viewer"), http.StatusUnprocessableEntity, "An address needs an @", `value="ivy"`)
		wants(t, h.Owner.Post("/settings/invitations", "email", "ivy@acacia.example", "role", "owner"), http.StatusUnprocessableEntity, "Choose one of the roles")
		wants(t, h.Owner.Post("/settings/invitations", "email", strings.ToUpper(h.Owner.Email), "role", "viewer"), http.StatusConflict, "is a member already")
	})
	link := func() string {
		t.Helper()
		kept, err := h.Services.Mails.Outbox(t.Context(), 1)
		if err != nil || kept[0].To != "ivy@acacia.example" {
			t.Fatal("no mail", err)
		}
		words, _ := kept[0].Args["link"].(string)
		return strings.TrimPrefix(words, h.Services.Config.BaseURL)
	}
	action := regexp.MustCompile(`/settings/invitations/[0-9a-f-]+/`)
	t.Run("one is mailed, listed, sent again, and the older link ends", func(t *testing.T) {
		goesTo(t, h.Owner.Post("/settings/invitations", "email", "ivy@acacia.example", "role", "operator"), "/settings/members")
		first := link()
		page := h.Owner.Get("/settings/members")
		wants(t, page, http.StatusOK, "ivy@acacia.example", "Send again")
		if strings.Contains(page.Body, first[strings.LastIndex(first, "/")+1:]) {
			t.Error("the page gives the link away")
		}
		goesTo(t, h.Owner.Post(action.FindString(page.Body)+"sendings"), "/settings/members")
		second := link()
		wants(t, h.Anonymous().Get(first), http.StatusNotFound)
		wants(t, h.Anonymous().Get(second), http.StatusOK, "Operator")
	})
	t.Run("and taken back", func(t *testing.T) {
		last := link()
		goesTo(t, h.Owner.Post(action.FindString(h.Owner.Get("/settings/members").Body)+"revocations"), "/settings/members")
		wants(t, h.Anonymous().Get(last), http.StatusNotFound)
		if page := h.Owner.Get("/settings/members").Body; strings.Contains(page, "Send again") {
			t.Error("it still waits")
		}
	})
	t.Run("nobody is bombed with mails", func(t *testing.T) {
		h.FreshWindow()
		var last apptest.Answer
		for range 6 {
			last = h.Owner.Post("/settings/invitations", "email", "bombed@acacia.example", "role", "viewer")
		}
		wants(t, last, http.StatusTooManyRequests, "too often")
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("what is wrong is said at its field", func(t *testing.T) {
		wants(t, h.Owner.Post("/settings/tokens", "name", "", "days", "soon"), http.StatusUnprocessableEntity, "Use 1 to 80 characters", "Use a number of days", "at least one of read")
	})
	t.Run("an admin can't make one that may everything", func(t *testing.T) {
		wants(t, h.Member(account.RoleAdmin).Post("/settings/tokens", "name", "ci", "scopes", "admin", "days", "30"), http.StatusForbidden)
	})
	made := h.Owner.Post("/settings/tokens", "name", "nightly report", "scopes", "read", "days", "30")
	words := regexp.MustCompile(`lvq_[0-9A-Za-z]{49}`).FindString(made.Body)
	t.Run("one is shown once, with a request to try, and works", func(t *testing.T) {
		wants(t, made, http.StatusCreated, "Copy it now", "nightly report", `Bearer $LEVQOR_TOKEN&#34; http://levqor.test/api/v1/sources`)
		if strings.Count(made.Body, words) != 1 || made.Header.Get("Cache-Control") != "no-store" {
			t.Error("shown more than once, or kept in a cache")
		}
		for _, path := range []string{"/settings/tokens", "/settings/audit"} {
			if body := h.Owner.Get(path).Body; strings.Contains(body, words) || strings.Contains(body, words[4:40]) {
				t.Errorf("%s shows it again", path)
			}
		}
		wants(t, h.Owner.Get("/settings/tokens"), http.StatusOK, "lvq_…"+words[len(words)-4:], "Look")
		if _, err := h.Services.Accounts.TokenActor(t.Context(), words); err != nil {
			t.Error(err)
		}
	})
	t.Run("a revoked one is refused at once", func(t *testing.T) {
		action := regexp.MustCompile(`/settings/tokens/[0-9a-f-]+/revocations`).FindString(h.Owner.Get("/settings/tokens").Body)
		goesTo(t, h.Owner.Post(action), "/settings/tokens")
		if _, err := h.Services.Accounts.TokenActor(t.Context(), words); err == nil {
			t.Error("it still works")
		}
		wants(t, h.Owner.Get("/settings/tokens"), http.StatusOK, "No token yet")
		wants(t, h.Owner.Post(action), http.StatusNotFound)
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	wants(t, h.Owner.Get("/settings/keys"), http.StatusOK, "No key yet")
	h.Exec(`INSERT INTO signing_keys (id, public_key, sealed_private, created_at) VALUES ('key_old', decode(repeat('01', 32), 'hex'), '', now() - interval '1 year'),
		('key_new', decode(repeat('00', 32), 'hex'), '', now())`)
	page := h.Member(account.RoleViewer).Get("/settings/keys")
	wants(t, page, http.StatusOK, "key_old", "SHA256:Zmh6rfhivXdsj8GLjp+OIAiXFIVu4jOzkCpZHQ1fKSU",
		"levqor verify-proof proof.json --key AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if strings.Index(page.Body, "key_new") > strings.Index(page.Body, "key_old") || strings.Count(page.Body, "signs now") != 1 {
		t.Error("the newest comes first, and signs")
	}
}
