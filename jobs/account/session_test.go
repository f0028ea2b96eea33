package account_test

import (
	"testing"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/mail"
)

func TestNewDevices(t *testing.T) {
	b := setup(t)
	signIn := func(agent string) mail.Kept {
		t.Helper()
		token, _ := b.ask("naomi@acacia.example", "browser")
		if _, err := b.accounts.Consume(t.Context(), token, "browser", account.Device{UserAgent: agent, IP: "192.0.2.9"}); err != nil {
			t.Fatal(err)
		}
		kept, err := b.mails.Outbox(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		return kept[0]
	}
	signIn("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
	if told := signIn("Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0"); told.Kind != mail.SignIn {
		t.Errorf("a browser's next version is news: %s", told.Kind)
	}
	told := signIn("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0")
	if told.Kind != mail.NewDevice || told.Args["browser"] != "Firefox" || told.Args["system"] != "Windows" || told.Args["ip"] != "192.0.2.9" {
		t.Errorf("%s %v", told.Kind, told.Args)
	}
}

func TestSessions(t *testing.T) {
	b := setup(t)
	browser := account.NewBrowser()
	token, _ := b.ask("naomi@acacia.example", browser)
	cookie, err := b.accounts.Consume(t.Context(), token, browser, account.Device{UserAgent: "Firefox"})
	if err != nil {
		t.Fatal(err)
	}
	s := b.session(cookie)
	if s.Actor.RequireStepUp(b.clock.Now()) != nil {
		t.Error("a fresh sign-in counts as stepped up")
	}
	b.clock.Shift(account.StepUpFor)
	s = b.session(cookie)
	if !fail.Is(s.Actor.RequireStepUp(b.clock.Now()), fail.StepUp) {
		t.Error("a step-up lasts ten minutes")
	}
	if err := b.accounts.AskStepUp(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	_, code := b.newest()
	if err := b.accounts.ConfirmStepUp(t.Context(), s, "abcdef"); !fail.Is(err, fail.Invalid) {
		t.Fatal(err)
	}
	if err := b.accounts.ConfirmStepUp(t.Context(), s, code); err != nil {
		t.Fatal(err)
	}
	if err := b.session(cookie).Actor.RequireStepUp(b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	other := b.signIn("naomi@acacia.example")
	stranger := b.signIn("eve@evil.example")
	if err := b.accounts.Revoke(t.Context(), stranger, s.ID); !fail.Is(err, fail.NotFound) {
		t.Fatalf("a stranger ended the session: %v", err)
	}
	if err := b.accounts.Revoke(t.Context(), other, s.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.accounts.Authenticate(t.Context(), cookie); !fail.Is(err, fail.Unauthenticated) {
		t.Fatalf("a revoked session: %v", err)
	}
	b.clock.Shift(account.StepUpFor + account.SessionIdle)
	if _, err := b.accounts.Sessions(t.Context(), other); err != nil {
		t.Fatal(err)
	}
}
