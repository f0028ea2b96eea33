package account_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/clock"
	"levqor/jobs/config"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/fail"
	"levqor/jobs/mail"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
)

type bundle struct {
	*testing.T
	db       *db.DB
	clock    *clock.Clock
	mails    *mail.Mails
	accounts *account.Accounts
}

func setup(t *testing.T) *bundle {
	t.Helper()
	t.Parallel()
	d := dbtest.New(t)
	q, err := queue.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock.Clock{}
	mails := mail.New(d, q, c, box, config.Config{Dev: true})
	return &bundle{t, d, c, mails, account.New(d, c, mails, config.Config{BaseURL: "https://levqor.test"})}
}

// ask returns the token and the code of the newest mail.
func (b *bundle) ask(address, browser string) (token, code string) {
	b.Helper()
	if err := b.accounts.AskLink(b.Context(), address, browser, account.Device{IP: "192.0.2.1"}); err != nil {
		b.Fatal(err)
	}
	return b.newest()
}

func (b *bundle) newest() (token, code string) {
	b.Helper()
	kept, err := b.mails.Outbox(b.Context(), 1)
	if err != nil || len(kept) == 0 {
		b.Fatal("no mail", err)
	}
	link, _ := kept[0].Args["link"].(string)
	return link[strings.LastIndex(link, "/")+1:], fmt.Sprint(kept[0].Args["code"])
}

func (b *bundle) signIn(address string) account.Session {
	b.Helper()
	browser := account.NewBrowser()
	token, _ := b.ask(address, browser)
	cookie, err := b.accounts.Consume(b.Context(), token, browser, account.Device{UserAgent: "Firefox"})
	if err != nil {
		b.Fatal(err)
	}
	return b.session(cookie)
}

func (b *bundle) session(cookie string) account.Session {
	b.Helper()
	s, err := b.accounts.Authenticate(b.Context(), cookie)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func wantKey(t *testing.T, err error, key string) {
	t.Helper()
	f, ok := errors.AsType[*fail.Error](err)
	if !ok || f.Key != key {
		t.Fatalf("got %v, want %s", err, key)
	}
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
		for i := range 5 {
			if err := b.accounts.AskLink(t.Context(), "naomi@acacia.example", account.NewBrowser(), account.Device{IP: fmt.Sprint("192.0.2.", i)}); err != nil {
				t.Fatal(err)
			}
		}
		err := b.accounts.AskLink(t.Context(), "NAOMI@acacia.example", account.NewBrowser(), account.Device{IP: "192.0.2.77"})
		if !fail.Is(err, fail.TooMany) {
			t.Fatal(err)
		}
		b.clock.Shift(10 * time.Minute)
		if err := b.accounts.AskLink(t.Context(), "naomi@acacia.example", "browser", account.Device{IP: "192.0.2.1"}); err != nil {
			t.Fatalf("after the window: %v", err)
		}
	})
	t.Run("too many from one place, whichever the address", func(t *testing.T) {
		b := setup(t)
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

func TestOneAccountPerAddress(t *testing.T) {
	b := setup(t)
	first := b.signIn("naomi@acacia.example")
	for _, same := range []string{"Naomi@Acacia.Example", " naomi@acacia.example ", "ｎaomi@acacia.example"} {
		if again := b.signIn(strings.TrimSpace(same)); again.User.ID != first.User.ID {
			t.Errorf("%q opened another account", same)
		}
	}
	if other := b.signIn("naomi2@acacia.example"); other.User.ID == first.User.ID || other.Workspace.ID == first.Workspace.ID {
		t.Error("two people share an account or a workspace")
	}
}

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

func TestMembers(t *testing.T) {
	b := setup(t)
	owner := b.signIn("olive@acacia.example")
	stranger := b.signIn("eve@evil.example")
	invite := func(address string, role account.Role) account.Session {
		t.Helper()
		if err := b.accounts.Invite(t.Context(), owner.Actor, address, role, "en"); err != nil {
			t.Fatal(err)
		}
		token, _ := b.newest()
		if err := b.accounts.Accept(t.Context(), stranger, token); !fail.Is(err, fail.NotFound) {
			t.Fatalf("a stranger accepted: %v", err)
		}
		s := b.signIn(address)
		if err := b.accounts.Accept(t.Context(), s, token); err != nil {
			t.Fatal(err)
		}
		if err := b.accounts.Accept(t.Context(), s, token); !fail.Is(err, fail.NotFound) {
			t.Fatalf("accepted twice: %v", err)
		}
		s.Actor.Workspace, s.Actor.Role = owner.Workspace.ID, role
		return s
	}
	admin, viewer := invite("ada@acacia.example", account.RoleAdmin), invite("vic@acacia.example", account.RoleViewer)
	for name, refused := range map[string]struct {
		err  error
		kind fail.Kind
	}{
		"a viewer invites":               {b.accounts.Invite(t.Context(), viewer.Actor, "x@y.example", account.RoleViewer, "en"), fail.Forbidden},
		"an admin makes an owner":        {b.accounts.SetRole(t.Context(), admin.Actor, viewer.User.ID, account.RoleOwner), fail.Forbidden},
		"an admin demotes the owner":     {b.accounts.SetRole(t.Context(), admin.Actor, owner.User.ID, account.RoleViewer), fail.Forbidden},
		"the last owner leaves":          {b.accounts.RemoveMember(t.Context(), owner.Actor, owner.User.ID), fail.Conflict},
		"the last owner steps down":      {b.accounts.SetRole(t.Context(), owner.Actor, owner.User.ID, account.RoleAdmin), fail.Conflict},
		"a role that is none":            {b.accounts.SetRole(t.Context(), owner.Actor, viewer.User.ID, "king"), fail.Invalid},
		"a viewer removes another":       {b.accounts.RemoveMember(t.Context(), viewer.Actor, admin.User.ID), fail.Forbidden},
		"somebody of another workspace":  {b.accounts.RemoveMember(t.Context(), owner.Actor, stranger.User.ID), fail.NotFound},
		"an invitation as owner":         {b.accounts.Invite(t.Context(), owner.Actor, "x@y.example", account.RoleOwner, "en"), fail.Invalid},
		"an invitation of a member":      {b.accounts.Invite(t.Context(), owner.Actor, "VIC@acacia.example", account.RoleViewer, "en"), fail.Conflict},
		"a visit to another's workspace": {b.accounts.Visit(t.Context(), stranger, owner.Workspace.ID), fail.NotFound},
	} {
		if !fail.Is(refused.err, refused.kind) {
			t.Errorf("%s: %v, want %s", name, refused.err, refused.kind)
		}
	}
	if err := b.accounts.RemoveMember(t.Context(), viewer.Actor, viewer.User.ID); err != nil {
		t.Errorf("a viewer may leave: %v", err)
	}
	members, err := b.accounts.Members(t.Context(), owner.Actor)
	if err != nil || len(members) != 2 {
		t.Errorf("%d members, %v", len(members), err)
	}
}

func TestAnExMemberLosesAccessAtOnce(t *testing.T) {
	b := setup(t)
	owner := b.signIn("olive@acacia.example")
	if err := b.accounts.Invite(t.Context(), owner.Actor, "vic@acacia.example", account.RoleViewer, "en"); err != nil {
		t.Fatal(err)
	}
	invitation, _ := b.newest()
	token, _ := b.ask("vic@acacia.example", "browser")
	cookie, err := b.accounts.Consume(t.Context(), token, "browser", account.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.accounts.Accept(t.Context(), b.session(cookie), invitation); err != nil {
		t.Fatal(err)
	}
	if s := b.session(cookie); s.Workspace.ID != owner.Workspace.ID || !s.Actor.Can(account.View) {
		t.Fatalf("%+v", s)
	}
	if err := b.accounts.RemoveMember(t.Context(), owner.Actor, b.session(cookie).User.ID); err != nil {
		t.Fatal(err)
	}
	if s := b.session(cookie); s.Workspace.ID == owner.Workspace.ID || s.Actor.Can(account.View) {
		t.Fatalf("still in: %+v", s)
	}
}

func TestTokens(t *testing.T) {
	b := setup(t)
	owner := b.signIn("olive@acacia.example")
	words, err := b.accounts.CreateToken(t.Context(), owner.Actor, account.TokenInput{Name: "ci", Scopes: []string{"read", "operate"}, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	actor, err := b.accounts.TokenActor(t.Context(), words)
	if err != nil || actor.Workspace != owner.Workspace.ID || !actor.Can(account.Operate) || actor.Can(account.Manage) {
		t.Fatalf("%+v, %v", actor, err)
	}
	for name, bad := range map[string]string{"none": "", "another prefix": "lvx_" + words[4:], "a changed letter": words[:10] + flip(words[10]) + words[11:], "cut": words[:20]} {
		if _, err := b.accounts.TokenActor(t.Context(), bad); !fail.Is(err, fail.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string]account.TokenInput{"no name": {Scopes: []string{"read"}}, "no scope": {Name: "x"}, "an unknown scope": {Name: "x", Scopes: []string{"root"}}, "days below zero": {Name: "x", Scopes: []string{"read"}, Days: -1}} {
		if _, err := b.accounts.CreateToken(t.Context(), owner.Actor, in); !fail.Is(err, fail.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stale := owner.Actor
	stale.SteppedUpAt = time.Time{}
	if _, err := b.accounts.CreateToken(t.Context(), stale, account.TokenInput{Name: "x", Scopes: []string{"read"}}); !fail.Is(err, fail.StepUp) {
		t.Errorf("without step-up: %v", err)
	}
	if _, err := b.accounts.CreateToken(t.Context(), actor, account.TokenInput{Name: "x", Scopes: []string{"read"}}); !fail.Is(err, fail.Forbidden) {
		t.Errorf("a token made a token: %v", err)
	}
	stranger := b.signIn("eve@evil.example")
	if err := b.accounts.RevokeToken(t.Context(), stranger.Actor, actor.ID); !fail.Is(err, fail.NotFound) {
		t.Errorf("a stranger revoked it: %v", err)
	}
	b.clock.Shift(25 * time.Hour)
	if _, err := b.accounts.TokenActor(t.Context(), words); !fail.Is(err, fail.Unauthenticated) {
		t.Errorf("expired: %v", err)
	}
	cli, err := b.accounts.CreateTokenFor(t.Context(), owner.Workspace.ID.String(), "cli", []string{"all"})
	if err != nil {
		t.Fatal(err)
	}
	if actor, err := b.accounts.TokenActor(t.Context(), cli); err != nil || !actor.Can(account.Own) {
		t.Errorf("%+v, %v", actor, err)
	}
}

func flip(c byte) string {
	if c == 'a' {
		return "b"
	}
	return "a"
}

// No table keeps a link, a code, a cookie or a token in the clear.
func TestSecretsStayOutOfTables(t *testing.T) {
	b := setup(t)
	browser := account.NewBrowser()
	link, code := b.ask("naomi@acacia.example", browser)
	cookie, err := b.accounts.Consume(t.Context(), link, browser, account.Device{})
	if err != nil {
		t.Fatal(err)
	}
	words, err := b.accounts.CreateToken(t.Context(), b.session(cookie).Actor, account.TokenInput{Name: "ci", Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	err = b.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		for _, table := range []string{"users", "sessions", "sign_in_links", "api_tokens", "mails", "audit_events", "river_job"} {
			rows, err := tx.Query(ctx, `SELECT t::text FROM `+table+` t`)
			if err != nil {
				return err
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			all.WriteString(strings.Join(lines, "\n"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, canary := range map[string]string{"link": link, "code": `"` + code + `"`, "cookie": cookie, "browser": browser, "token": words} {
		if strings.Contains(all.String(), canary) {
			t.Errorf("the %s is in a table", name)
		}
	}
}

func TestTheFirstWorkspaceIsMadeInDevAlone(t *testing.T) {
	b := setup(t)
	if _, _, err := b.accounts.EnsureFirst(t.Context(), "you@localhost"); err == nil {
		t.Fatal("made")
	}
	dev := account.New(b.db, b.clock, b.mails, config.Config{Dev: true})
	owner, path, err := dev.EnsureFirst(t.Context(), "you@localhost")
	if err != nil || owner.Workspace == uuid.Nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(path, "/sign-in/")
	if _, err := b.accounts.Consume(t.Context(), token, account.NewBrowser(), account.Device{}); err == nil {
		t.Fatal("an unbound link worked outside of dev")
	}
	if _, err := dev.Consume(t.Context(), token, account.NewBrowser(), account.Device{}); err != nil {
		t.Fatal(err)
	}
	again, _, err := dev.EnsureFirst(t.Context(), "you@localhost")
	if err != nil || again.Workspace != owner.Workspace {
		t.Fatal("a second start made another workspace", err)
	}
}
