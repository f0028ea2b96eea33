// Package dbtest gives each test a migrated database of its own on a real Postgres.
package dbtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/db/embedded"
	"levqor/migrations"
)

// ServerEnv names a running server (superuser address) to use instead of one
// that the test process starts for itself; `make test` sets it.
const ServerEnv = "LEVQOR_TEST_DATABASE_URL"

// New is a database with today's schema, gone when the test ends.
func New(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, NewURL(t))
}

// Open is a DB at the address, closed when the test ends.
func Open(t testing.TB, address string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), address, 12)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// URL is the owner's address of d's database.
func URL(t testing.TB, d *db.DB) string {
	t.Helper()
	return replaceDatabase(t, server(t).url, d.Pool().Config().ConnConfig.Database)
}

// NewURL makes a migrated database and returns its owner's address.
func NewURL(t testing.TB) string {
	t.Helper()
	s := server(t)
	name := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	s.exec(t, fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s`, name, s.template))
	t.Cleanup(func() { s.exec(t, fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, name)) })
	return replaceDatabase(t, s.url, name)
}

// Workspace makes a workspace with one owner and returns that person as actor.
func Workspace(t testing.TB, d *db.DB) account.Actor {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	actor := account.Actor{Kind: account.KindPerson, ID: db.NewID(), Name: "Olive Owner", Workspace: db.NewID(), Role: account.RoleOwner, SteppedUpAt: now}
	err := d.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		email := actor.ID.String() + "@example.com"
		if _, err := tx.Exec(ctx, `INSERT INTO users (id, email, email_key, name, created_at) VALUES ($1, $2, $2, $3, $4)`, actor.ID, email, actor.Name, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)`, actor.Workspace, "Workspace "+actor.Workspace.String(), now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)`, actor.Workspace, actor.ID, now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return actor
}

type testServer struct {
	url      string
	template string
	err      error
}

func (s *testServer) exec(t testing.TB, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}

// shared is the one server of a test process: starting one a test would cost seconds each.
var shared = sync.OnceValue(startServer)

func server(t testing.TB) *testServer {
	t.Helper()
	s := shared()
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s
}

func startServer() *testServer {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s := &testServer{url: os.Getenv(ServerEnv)}
	if s.url == "" {
		s.url, s.err = startEmbedded(ctx)
	}
	if s.err == nil {
		s.template, s.err = prepareTemplate(ctx, s.url)
	}
	return s
}

func startEmbedded(ctx context.Context) (string, error) {
	bin, err := embedded.Find(ctx, os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "levqor-dbtest-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	started, err := embedded.Start(ctx, embedded.Options{Dir: dir, Bin: bin, Fast: true})
	if err != nil {
		return "", err
	}
	return started.URL("postgres"), nil
}

// prepareTemplate migrates a template database once a schema, whoever comes first.
func prepareTemplate(ctx context.Context, address string) (string, error) {
	name := "levqor_template_" + migrations.Fingerprint()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(7001)`); err != nil {
		return "", err
	}
	var ready bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)`, name).Scan(&ready); err != nil || ready {
		return name, err
	}
	for _, sql := range []string{`DROP DATABASE IF EXISTS ` + name, `CREATE DATABASE ` + name} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	parsed.Path = "/" + name
	if err := migrations.Apply(ctx, parsed.String()); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, `ALTER DATABASE `+name+` IS_TEMPLATE true`)
	return name, err
}

func replaceDatabase(t testing.TB, address, name string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	parsed.Path = "/" + name
	return parsed.String()
}
