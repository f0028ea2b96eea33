// Package apptest gives tests the web process on real Postgres, people of every
// role signed in to it, and workers that do what it enqueues.
package apptest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/app"
	"levqor/jobs/account"
	"levqor/jobs/config"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
	"levqor/jobs/services"
	"levqor/jobs/task"
)

// House is a whole Levqor of its own: as `levqor dev` runs it, but for the
// sockets and the workers, which Work starts.
type House struct {
	t        testing.TB
	App      *fiber.App
	Services *services.Services
	Owner    *Person       // of the workspace
	Stranger *Person       // owner of another workspace
	Other    account.Actor // the stranger as an actor
	Actor    account.Actor // the owner as an actor
	Root     string        // the one folder that the operator allows
	DataDir  string
}

// Option changes the configuration before the house is built.
type Option func(*config.Config)

// New builds one on a fresh database.
func New(t testing.TB, options ...Option) *House {
	t.Helper()
	keyset, err := secret.NewKeyset()
	must(t, err)
	dataDir, err := os.MkdirTemp("", "levqor-apptest-")
	must(t, err)
	must(t, os.Chmod(dataDir, 0o755))
	t.Cleanup(func() { os.RemoveAll(dataDir) })
	root := filepath.Join(dataDir, "files")
	must(t, os.MkdirAll(root, 0o755))
	cfg := config.Config{
		Dev: true, DatabaseURL: dbtest.NewURL(t), MasterKey: keyset, DataDir: dataDir,
		BaseURL: "http://levqor.test", FolderRoots: []string{root}, PseudoLocales: true,
	}
	for _, option := range options {
		option(&cfg)
	}
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	svc, err := services.New(t.Context(), cfg, log)
	must(t, err)
	t.Cleanup(svc.Close)
	h := &House{t: t, Services: svc, Root: root, DataDir: dataDir}
	h.App, err = app.New(t.Context(), svc)
	must(t, err)
	h.Owner, h.Stranger = h.SignIn("olive@example.com"), h.SignIn("stan@example.org")
	h.Actor, h.Other = h.actorOf(h.Owner), h.actorOf(h.Stranger)
	return h
}

// Anonymous is a browser in which nobody is signed in.
func (h *House) Anonymous() *Person { return &Person{house: h, cookies: map[string]string{}} }

// SignIn opens a browser and signs the address in by its mailed link's token.
func (h *House) SignIn(address string) *Person {
	h.t.Helper()
	ctx, browser := h.t.Context(), account.NewBrowser()
	must(h.t, h.Services.Accounts.AskLink(ctx, address, browser, account.Device{IP: "192.0.2." + uuid.NewString()}))
	kept, err := h.Services.Mails.Outbox(ctx, 1)
	must(h.t, err)
	link, _ := kept[0].Args["link"].(string)
	token := link[strings.LastIndex(link, "/")+1:]
	cookie, err := h.Services.Accounts.Consume(ctx, token, browser, account.Device{UserAgent: "Test browser", Locale: "en"})
	must(h.t, err)
	return &Person{house: h, Email: address, cookies: map[string]string{"levqor_session": cookie}}
}

// Member signs in somebody new with that role in the owner's workspace.
func (h *House) Member(role account.Role) *Person {
	h.t.Helper()
	p := h.SignIn(string(role) + "-" + uuid.NewString()[:8] + "@example.com")
	s := h.sessionOf(p)
	h.Exec(`DELETE FROM members WHERE user_id = $1`, s.User.ID)
	h.Exec(`INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, now())`, h.Actor.Workspace, s.User.ID, role)
	return p
}

// Token makes an API token of the owner's workspace.
func (h *House) Token(scopes ...string) string {
	h.t.Helper()
	return h.TokenOf(h.Actor, scopes...)
}

// TokenOf makes one of the actor's workspace.
func (h *House) TokenOf(actor account.Actor, scopes ...string) string {
	h.t.Helper()
	words, err := h.Services.Accounts.CreateTokenFor(h.t.Context(), actor.Workspace.String(), "test", scopes)
	must(h.t, err)
	return words
}

// Serve listens on a port of this machine, for what only a socket shows: live
// streams, and how a download ends. It returns the address.
func (h *House) Serve() string {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(h.t, err)
	go func() { _ = h.App.Listener(l) }()
	go h.Services.Live.Run(h.t.Context(), h.Services.DB.Pool())
	h.t.Cleanup(func() { _ = h.App.ShutdownWithTimeout(time.Second) })
	return "http://" + l.Addr().String()
}

// Work hires workers of every queue, by what workers.Run is; they stop when the test ends.
func (h *House) Work(run func(context.Context, *services.Services, queue.Limits) error) {
	h.t.Helper()
	ctx, stop := context.WithCancel(h.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, h.Services, queue.AllQueues()) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			h.t.Errorf("workers: %v", err)
		}
	})
}

// Await waits until the task is over and returns it; the test fails after three minutes.
func (h *House) Await(id uuid.UUID) task.Task {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		found, err := task.ByID(ctx, h.Services.DB, id)
		must(h.t, err)
		if found.State.Final() {
			return found
		}
		select {
		case <-ctx.Done():
			h.t.Fatalf("%s %s is still %s", found.Kind, id, found.State)
		case <-tick.C:
		}
	}
}

// FreshWindow moves the clock to where the next window of limits begins, so that
// none ends while a test counts.
func (h *House) FreshWindow() {
	c := h.Services.Clock
	now := c.Now()
	c.Shift(c.Offset() + now.Truncate(account.LimitWindow).Add(account.LimitWindow).Sub(now))
}

// Exec changes the database, in any workspace.
func (h *House) Exec(sql string, args ...any) {
	h.t.Helper()
	must(h.t, h.Services.DB.AsSystem(h.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	}))
}

// Count is the single number that a query answers, in any workspace.
func (h *House) Count(sql string, args ...any) (n int64) {
	h.t.Helper()
	must(h.t, h.Services.DB.AsSystem(h.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, sql, args...).Scan(&n)
	}))
	return n
}

func (h *House) actorOf(p *Person) account.Actor { return h.sessionOf(p).Actor }

func (h *House) sessionOf(p *Person) account.Session {
	h.t.Helper()
	s, err := h.Services.Accounts.Authenticate(h.t.Context(), p.cookies["levqor_session"])
	must(h.t, err)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
