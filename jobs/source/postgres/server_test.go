package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db/embedded"
	"levqor/jobs/fail"
)

// testServer is the one source server of a test process; starting one a test
// would cost seconds each. It is stopped by TestMain.
type testServer struct {
	server *embedded.Server
	dir    string
	err    error
}

var running atomic.Bool

var shared = sync.OnceValue(func() testServer {
	bin, err := embedded.Find(context.Background(), os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		return testServer{err: err}
	}
	dir, err := os.MkdirTemp("", "levqor-source-")
	if err != nil {
		return testServer{err: err}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return testServer{err: err}
	}
	s, err := embedded.Start(context.Background(), embedded.Options{Dir: filepath.Join(dir, "pg"), Bin: bin, Port: embedded.FreePort, Fast: true, Params: map[string]string{"max_connections": "200"}})
	running.Store(err == nil)
	return testServer{s, dir, err}
})

func TestMain(m *testing.M) {
	code := m.Run()
	if running.Load() {
		s := shared()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		s.server.Stop(ctx)
		cancel()
		os.RemoveAll(s.dir)
	}
	os.Exit(code)
}

// admin is the superuser's access to the shared server.
func admin(t testing.TB) Config {
	t.Helper()
	s := shared()
	if s.err != nil {
		t.Fatal(s.err)
	}
	return access(s.server)
}

func access(s *embedded.Server) Config {
	c := Config{TLS: TLSDisable}
	c.Host, c.Port, c.User, c.Password = s.Access()
	return c
}

var counter struct {
	sync.Mutex
	n int
}

func unique(prefix string) string {
	counter.Lock()
	defer counter.Unlock()
	counter.n++
	return fmt.Sprintf("%s_%d_%d", prefix, os.Getpid(), counter.n)
}

// database makes a database on the shared server, gone with the test.
func database(t testing.TB, c Config, name string, statements ...string) {
	t.Helper()
	run(t, c, "postgres", `CREATE DATABASE `+ident(name)+` TEMPLATE template0 ENCODING 'UTF8'`)
	t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE IF EXISTS `+ident(name)+` WITH (FORCE)`) })
	for _, statement := range statements {
		run(t, c, name, statement)
	}
}

func connect(t testing.TB, c Config, database string) *pgx.Conn {
	t.Helper()
	s, err := c.reach(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.connect(context.Background(), database)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func run(t testing.TB, c Config, database, sql string) {
	t.Helper()
	conn := connect(t, c, database)
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func value[T any](t testing.TB, c Config, database, sql string) (v T) {
	t.Helper()
	conn := connect(t, c, database)
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// shelf keeps the objects of a backup in memory.
type shelf struct {
	sync.Mutex
	objects map[string][]byte
}

func newShelf() *shelf { return &shelf{objects: map[string][]byte{}} }

func (s *shelf) put(_ context.Context, path string, r io.Reader) (int64, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	s.Lock()
	defer s.Unlock()
	s.objects[path] = text
	return int64(len(text)), nil
}

func (s *shelf) open(_ context.Context, path string) (io.ReadCloser, error) {
	s.Lock()
	defer s.Unlock()
	text, ok := s.objects[path]
	if !ok {
		return nil, fmt.Errorf("no object %s", path)
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}

func dump(t testing.TB, c Config) (*shelf, Truth) {
	t.Helper()
	s := newShelf()
	truth, err := Dump(t.Context(), c, time.Now(), s.put, &Progress{})
	if err != nil {
		t.Fatal(err)
	}
	return s, truth
}

func mustCompare(t testing.TB, c Config, names map[string]string, truth Truth) []Check {
	t.Helper()
	checks, err := Compare(t.Context(), c, names, truth, nil)
	if err != nil {
		t.Fatal(err)
	}
	return checks
}

// bad leaves out the roles: on the shared server other tests make and drop theirs.
func bad(checks []Check) (out []Check) {
	for _, c := range checks {
		if !c.OK && c.Group != GroupRoles {
			out = append(out, c)
		}
	}
	return out
}

func wantFailure(t testing.TB, err error, class fail.Class, key string) {
	t.Helper()
	f, ok := errors.AsType[*fail.Error](err)
	if !ok || f.Class != class || f.Key != key {
		t.Fatalf("want %s %s, got %v (class %s)", class, key, err, fail.ClassOf(err))
	}
}

// scratch starts a drill's server, gone with the test.
func scratch(t testing.TB) Config {
	t.Helper()
	bin, err := embedded.Find(t.Context(), os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	parent, err := os.MkdirTemp("", "levqor-scratch-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	c, end, err := Scratch(t.Context(), filepath.Join(parent, "pg"), bin, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := end(ctx); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(parent, "pg")); err == nil {
			t.Error("the scratch folder is still there")
		}
		os.RemoveAll(parent)
	})
	return c
}
