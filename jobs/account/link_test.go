package account_test

import (
	"fmt"
	"strings"
	"testing"

	"levqor/jobs/account"
	"levqor/jobs/fail"
)

// freshWindow moves the clock to where the next window of limits begins, so that
// none ends while a test counts.
func (b *bundle) freshWindow() {
	now := b.clock.Now()
	b.clock.Shift(now.Truncate(account.LimitWindow).Add(account.LimitWindow).Sub(now))
}

func TestLinks(t *testing.T) {
	t.Run("an address that is none is refused at the field", func(t *testing.T) {
		b := setup(t)
		for _, address := range []string{"", "naomi", "naomi@", "a b@c.example", "<naomi@acacia.example>", "naomi@acacia.example\r\nBcc: x@y.example", strings.Repeat("a", 250) + "@b.example"} {
			err := b.accounts.AskLink(t.Context(), address, "browser", account.Device{IP: "192.0.2.1"})
			if !fail.Is(err, fail.Invalid) {
				t.Errorf("%q: %v", address, err)
			}
		}
	})
	t.Run("a made-up token", func(t *testing.T) {
		b := setup(t)
		_, err := b.accounts.Consume(t.Context(), "made-up", "browser", account.Device{})
		wantKey(t, err, "account.fail.link_unknown")
	})
	t.Run("another browser", func(t *testing.T) {
		b := setup(t)
		token, _ := b.ask("naomi@acacia.example", account.NewBrowser())
		for _, browser := range []string{"", account.NewBrowser()} {
			_, err := b.accounts.Consume(t.Context(), token, browser, account.Device{})
			wantKey(t, err, "account.fail.link_browser")
		}
	})
	t.Run("after ten minutes", func(t *testing.T) {
		b := setup(t)
		token, _ := b.ask("naomi@acacia.example", "browser")
		b.clock.Shift(account.LinkLife)
		_, err := b.accounts.Consume(t.Context(), token, "browser", account.Device{})
		wantKey(t, err, "account.fail.link_expired")
	})
	t.Run("a second time", func(t *testing.T) {
		b := setup(t)
		token, _ := b.ask("naomi@acacia.example", "browser")
		if _, err := b.accounts.Consume(t.Context(), token, "browser", account.Device{}); err != nil {
			t.Fatal(err)
		}
		_, err := b.accounts.Consume(t.Context(), token, "browser", account.Device{})
		wantKey(t, err, "account.fail.link_used")
	})
	t.Run("too many for one address, whichever the browser", func(t *testing.T) {
		b := setup(t)
		b.freshWindow()
		for i := range 5 {
			if err := b.accounts.AskLink(t.Context(), "naomi@acacia.example", account.NewBrowser(), account.Device{IP: fmt.Sprint("192.0.2.", i)}); err != nil {
				t.Fatal(err)
			}
		}
		err := b.accounts.AskLink(t.Context(), "NAOMI@acacia.example", account.NewBrowser(), account.Device{IP: "192.0.2.77"})
		if !fail.Is(err, fail.TooMany) {
			t.Fatal(err)
		}
		b.clock.Shift(b.clock.Offset() + account.LimitWindow)
		if err := b.accounts.AskLink(t.Context(), "naomi@acacia.example", "browser", account.Device{IP: "192.0.2.1"}); err != nil {
			t.Fatalf("after the window: %v", err)
		}
	})
	t.Run("too many from one place, whichever the address", func(t *testing.T) {
		b := setup(t)
		b.freshWindow()
		var err error
		for i := 0; i <= 30 && err == nil; i++ {
			err = b.accounts.AskLink(t.Context(), fmt.Sprintf("p%d@acacia.example", i), "browser", account.Device{IP: "192.0.2.1"})
		}
		if !fail.Is(err, fail.TooMany) {
			t.Fatal(err)
		}
	})
}

func TestCodes(t *testing.T) {
	t.Run("guessing ends after five tries, then even the right one fails", func(t *testing.T) {
		b := setup(t)
		_, code := b.ask("naomi@acacia.example", "browser")
		wrong := "000000"
		if code == wrong {
			wrong = "000001"
		}
		for range 5 {
			_, err := b.accounts.ConsumeCode(t.Context(), wrong, "browser", account.Device{})
			wantKey(t, err, "account.fail.code")
		}
		_, err := b.accounts.ConsumeCode(t.Context(), code, "browser", account.Device{})
		wantKey(t, err, "account.fail.code")
	})
	t.Run("not in another browser", func(t *testing.T) {
		b := setup(t)
		_, code := b.ask("naomi@acacia.example", "browser")
		_, err := b.accounts.ConsumeCode(t.Context(), code, "another", account.Device{})
		wantKey(t, err, "account.fail.code")
	})
	t.Run("signs in and uses up the link", func(t *testing.T) {
		b := setup(t)
		token, code := b.ask("naomi@acacia.example", "browser")
		if _, err := b.accounts.ConsumeCode(t.Context(), code, "browser", account.Device{}); err != nil {
			t.Fatal(err)
		}
		_, err := b.accounts.Consume(t.Context(), token, "browser", account.Device{})
		wantKey(t, err, "account.fail.link_used")
	})
}
