package account_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

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
	if mailed, _ := b.ask("somebody@example.com", ""); mailed != "" {
		if _, err := b.accounts.Consume(t.Context(), mailed, account.NewBrowser(), account.Device{}); err == nil {
			t.Fatal("a mailed link that no browser asked for worked in any")
		}
	}
	if _, err := dev.Consume(t.Context(), token, account.NewBrowser(), account.Device{}); err != nil {
		t.Fatal(err)
	}
	again, _, err := dev.EnsureFirst(t.Context(), "you@localhost")
	if err != nil || again.Workspace != owner.Workspace {
		t.Fatal("a second start made another workspace", err)
	}
}
