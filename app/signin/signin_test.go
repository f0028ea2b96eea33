package signin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/config"
)

const naomi = "naomi@acacia.example"

// newest is the link's path and the code of the newest mail.
func newest(t *testing.T, h *apptest.House) (path, code string) {
	t.Helper()
	kept, err := h.Services.Mails.Outbox(t.Context(), 1)
	if err != nil || len(kept) == 0 {
		t.Fatal("no mail", err)
	}
	link, _ := kept[0].Args["link"].(string)
	code, _ = kept[0].Args["code"].(string)
	return strings.TrimPrefix(link, h.Services.Config.BaseURL), code
}

func asks(t *testing.T, h *apptest.House, address, next string) (browser *apptest.Person, path, code string) {
	t.Helper()
	browser = h.Anonymous()
	answer := browser.Post("/sign-in", "email", address, "next", next)
	if answer.Status != http.StatusSeeOther || answer.Location() != "/sign-in/codes" {
		t.Fatalf("%d %s %.300s", answer.Status, answer.Location(), answer.Body)
	}
	path, code = newest(t, h)
	return browser, path, code
}

func isIn(p *apptest.Person) bool { return p.Get("/settings").Status == http.StatusOK }

func wants(t *testing.T, answer apptest.Answer, status int, words string) {
	t.Helper()
	if answer.Status != status || !strings.Contains(answer.Body, words) {
		t.Errorf("%d, want %d with %q: %.2000s", answer.Status, status, words, answer.Body)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("opening one, as mail scanners do, uses nothing up", func(t *testing.T) {
		browser, path, _ := asks(t, h, naomi, "/")
		scanner := h.Anonymous()
		for range 3 {
			wants(t, scanner.Get(path), http.StatusOK, "One press")
		}
		head := scanner.Do(httptest.NewRequest(http.MethodHead, path, nil))
		if head.Status != http.StatusOK || scanner.Cookie("levqor_session") != "" {
			t.Errorf("%d, or a session", head.Status)
		}
		if answer := browser.Post(path); answer.Status != http.StatusSeeOther || !isIn(browser) {
			t.Errorf("the person is not in: %d", answer.Status)
		}
	})
	t.Run("one that is made up", func(t *testing.T) {
		wants(t, h.Anonymous().Post("/sign-in/"+strings.Repeat("A", 43)), http.StatusNotFound, "not one of ours")
	})
	t.Run("a second time, it offers another", func(t *testing.T) {
		browser, path, _ := asks(t, h, "second@acacia.example", "/")
		browser.Post(path)
		again := h.Anonymous()
		wants(t, again.Post(path), http.StatusConflict, "was used already")
		wants(t, again.Post(path), http.StatusConflict, "Send another link")
		wants(t, browser.Post(path), http.StatusConflict, "You are signed in as")
	})
	t.Run("in another browser, it says to type the code", func(t *testing.T) {
		_, path, _ := asks(t, h, "other@acacia.example", "/")
		thief := h.Anonymous()
		wants(t, thief.Post(path), http.StatusForbidden, "type the six digits")
		if isIn(thief) {
			t.Error("the thief is in")
		}
	})
	t.Run("a person is brought where they wanted to go, never to another site", func(t *testing.T) {
		for next, want := range map[string]string{
			"/sources?kind=s3": "/sources?kind=s3", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/", "javascript:alert(1)": "/", "/\t/evil.example": "/",
		} {
			browser, path, _ := asks(t, h, "next-"+strconv.Itoa(len(next))+"@acacia.example", next)
			page := browser.Get(path)
			if strings.Contains(page.Body, "evil") {
				t.Errorf("%q is on the page", next)
			}
			if answer := browser.Post(path, "next", next); answer.Location() != want {
				t.Errorf("%q leads to %q", next, answer.Location())
			}
		}
	})
	t.Run("a mailed link names the configured host, whatever the request says", func(t *testing.T) {
		req := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader("email=host@acacia.example"))
		req.Host = "evil.example"
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("X-Forwarded-Host", "evil.example")
		h.Anonymous().Do(req)
		kept, err := h.Services.Mails.Outbox(t.Context(), 1)
		if link, _ := kept[0].Args["link"].(string); err != nil || !strings.HasPrefix(link, "http://levqor.test/sign-in/") {
			t.Error(link, err)
		}
	})
}

func TestLinksEnd(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	browser, path, code := asks(t, h, naomi, "/")
	h.Services.Clock.Shift(account.LinkLife + time.Second)
	wants(t, browser.Post(path), http.StatusConflict, "older than ten minutes")
	wants(t, browser.Post("/sign-in/codes", "code", code), http.StatusUnprocessableEntity, "not right, or it is too old")
}

func TestCodes(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("the right one signs in, spaces or not", func(t *testing.T) {
		browser, _, code := asks(t, h, naomi, "/vaults")
		answer := browser.Post("/sign-in/codes", "code", code[:3]+" "+code[3:])
		if answer.Location() != "/vaults" || !isIn(browser) {
			t.Errorf("%d %s", answer.Status, answer.Location())
		}
		if browser.Cookie("levqor_browser") != "" || browser.Cookie("levqor_asked") != "" {
			t.Error("what the sign-in needed is still there")
		}
	})
	t.Run("in another browser even the right one is wrong", func(t *testing.T) {
		_, _, code := asks(t, h, "other@acacia.example", "/")
		thief := h.Anonymous()
		wants(t, thief.Post("/sign-in/codes", "code", code), http.StatusUnprocessableEntity, "not right")
		thief.Post("/sign-in", "email", "thief@evil.example")
		wants(t, thief.Post("/sign-in/codes", "code", code), http.StatusUnprocessableEntity, "not right")
	})
	t.Run("guessing ends after five tries, then the right one fails too", func(t *testing.T) {
		browser, _, code := asks(t, h, "guessed@acacia.example", "/")
		for range 5 {
			wants(t, browser.Post("/sign-in/codes", "code", "000000"), http.StatusUnprocessableEntity, "not right")
		}
		wants(t, browser.Post("/sign-in/codes", "code", code), http.StatusUnprocessableEntity, "not right")
	})
	t.Run("the page to type it on is for those who asked", func(t *testing.T) {
		if answer := h.Anonymous().Get("/sign-in/codes"); answer.Location() != "/sign-in" {
			t.Errorf("%d %s", answer.Status, answer.Location())
		}
	})
}

func TestAsking(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("known and unknown addresses read the same", func(t *testing.T) {
		pages := map[string]string{}
		for _, address := range []string{h.Owner.Email, "never@seen.example"} {
			browser, _, _ := asks(t, h, address, "/")
			pages[address] = strings.ReplaceAll(browser.Get("/sign-in/codes").Body, address, "ADDRESS")
		}
		if pages[h.Owner.Email] != pages["never@seen.example"] {
			t.Error("the pages differ")
		}
	})
	t.Run("what is no address is refused at the field, and stays typed", func(t *testing.T) {
		answer := h.Anonymous().Post("/sign-in", "email", `no"address`)
		wants(t, answer, http.StatusUnprocessableEntity, "An address needs an @")
		wants(t, answer, http.StatusUnprocessableEntity, `value="no&#34;address"`)
	})
	t.Run("too often for one address", func(t *testing.T) {
		h.FreshWindow()
		var last apptest.Answer
		for range 6 {
			last = h.Anonymous().Post("/sign-in", "email", "bombed@acacia.example")
		}
		wants(t, last, http.StatusTooManyRequests, "too often")
	})
	t.Run("too often from one place, whatever it says of where it is", func(t *testing.T) {
		h.FreshWindow()
		status := 0
		for i := range 40 {
			req := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(fmt.Sprintf("email=p%d@acacia.example", i)))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
			status = h.Anonymous().Do(req).Status
		}
		if status != http.StatusTooManyRequests {
			t.Error(status)
		}
		h.Exec(`DELETE FROM rate_limits`)
	})
	t.Run("neither page nor cookie holds the link or the code", func(t *testing.T) {
		browser, path, code := asks(t, h, "secret@acacia.example", "/")
		token := path[strings.LastIndex(path, "/")+1:]
		page := browser.Get("/sign-in/codes").Body
		if strings.Contains(page, token) || strings.Contains(page, code) {
			t.Error("the page gives the secret away")
		}
		for _, name := range []string{"levqor_asked", "levqor_browser"} {
			if value := browser.Cookie(name); strings.Contains(value, token) || strings.Contains(value, code) {
				t.Errorf("%s gives the secret away", name)
			}
		}
	})
	t.Run("who is signed in goes home, or on", func(t *testing.T) {
		if to := h.Owner.Get("/sign-in").Location(); to != "/" {
			t.Error(to)
		}
		if to := h.Owner.Get("/sign-in?next=%2Fvaults").Location(); to != "/vaults" {
			t.Error(to)
		}
	})
	t.Run("a new person's days begin where their browser is", func(t *testing.T) {
		browser, path, _ := asks(t, h, "lima@acacia.example", "/")
		browser.Post(path, "zone", "America/Lima")
		wants(t, browser.Get("/settings/workspace"), http.StatusOK, `value="America/Lima"`)
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("a sign-in never takes a session that the browser brings", func(t *testing.T) {
		planted := h.SignIn("eve@evil.example").Cookie("levqor_session")
		browser, path, _ := asks(t, h, naomi, "/")
		req := httptest.NewRequest(http.MethodPost, path, nil)
		req.AddCookie(&http.Cookie{Name: "levqor_session", Value: planted})
		browser.Do(req)
		if fresh := browser.Cookie("levqor_session"); fresh == "" || fresh == planted {
			t.Error("the session is not fresh")
		}
		if _, err := h.Services.Accounts.Authenticate(t.Context(), planted); err == nil {
			t.Error("the session that was there goes on")
		}
		wants(t, browser.Get("/settings"), http.StatusOK, naomi)
	})
	t.Run("a cookie copied before sign-out is worth nothing after it", func(t *testing.T) {
		person := h.SignIn("out@acacia.example")
		copied := person.Cookie("levqor_session")
		if answer := person.Post("/sign-out"); answer.Location() != "/sign-in" || person.Cookie("levqor_session") != "" {
			t.Errorf("%d %s", answer.Status, answer.Location())
		}
		replay := httptest.NewRequest(http.MethodGet, "/settings", nil)
		replay.AddCookie(&http.Cookie{Name: "levqor_session", Value: copied})
		if answer := h.Do(replay); answer.Status != http.StatusSeeOther {
			t.Errorf("replayed: %d", answer.Status)
		}
		if answer := person.Post("/sign-out"); answer.Status != http.StatusSeeOther {
			t.Errorf("signing out twice: %d", answer.Status)
		}
	})
	t.Run("no other site can sign anybody in or out", func(t *testing.T) {
		browser, path, code := asks(t, h, "csrf@acacia.example", "/")
		for name, header := range map[string][2]string{
			"fetch metadata": {"Sec-Fetch-Site", "cross-site"}, "a sister site": {"Sec-Fetch-Site", "same-site"},
			"its origin": {"Origin", "https://evil.example"}, "no origin": {"Origin", "null"},
		} {
			for _, target := range []string{path, "/sign-in", "/sign-in/codes", "/sign-out", "/confirm", "/invitations/abc"} {
				req := httptest.NewRequest(http.MethodPost, target, strings.NewReader("code="+code+"&email="+naomi))
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set(header[0], header[1])
				if answer := browser.Do(req); answer.Status != http.StatusForbidden {
					t.Errorf("%s, %s: %d", name, target, answer.Status)
				}
			}
		}
		if isIn(browser) {
			t.Error("somebody is in")
		}
	})
	t.Run("a session ends two weeks after it was last used", func(t *testing.T) {
		h.Services.Clock.Shift(account.SessionIdle + time.Minute)
		if isIn(h.Owner) {
			t.Error("it goes on")
		}
	})
}

func TestCookies(t *testing.T) {
	t.Parallel()
	h := apptest.New(t, func(c *config.Config) { c.BaseURL = "https://levqor.test" })
	browser := h.Anonymous()
	asked := browser.Post("/sign-in", "email", naomi)
	path, _ := newest(t, h)
	entered := browser.Post(path)
	seen := map[string]bool{}
	for _, answer := range []apptest.Answer{asked, entered} {
		if answer.Header.Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS")
		}
		for _, cookie := range (&http.Response{Header: answer.Header}).Cookies() {
			seen[cookie.Name] = true
			if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HttpOnly ||
				cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
				t.Errorf("%s", cookie.Raw)
			}
		}
	}
	for _, name := range []string{"__Host-levqor_session", "__Host-levqor_browser", "__Host-levqor_asked"} {
		if !seen[name] {
			t.Errorf("no %s", name)
		}
	}
	if !isIn(browser) {
		t.Error("not in")
	}
}
