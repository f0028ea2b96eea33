package drilltest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/db/embedded"
	"levqor/jobs/dial"
	"levqor/jobs/queue"
	"levqor/jobs/roots"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// Rounds is how often a test of kills or faults does its worst: so often, or as
// often as `make chaos` wants.
func Rounds(short, chaos int) int {
	if os.Getenv("LEVQOR_CHAOS") != "" {
		return chaos
	}
	return short
}

// House is all that a drill or a restore stands on, real down to the servers.
type House struct {
	t       testing.TB
	DB      *db.DB
	Queue   *queue.Queue
	Clock   *clock.Clock
	Box     *secret.Box
	Runner  *task.Runner
	Tasks   *task.Tasks
	Vaults  *vault.Vaults
	Sources *source.Sources
	Backups *backup.Backups
	Options source.Options
	Actor   account.Actor // an owner, confirmed just now
	DataDir string        // passable for the servers' own user
	Root    string        // the one allowed folder
}

// NewHouse builds one on a fresh database.
func NewHouse(t testing.TB) *House {
	t.Helper()
	d, log := dbtest.New(t), slog.New(slog.DiscardHandler)
	q, err := queue.New(d, log)
	must(t, err)
	keyset, err := secret.NewKeyset()
	must(t, err)
	box, err := secret.NewBox(keyset)
	must(t, err)
	dataDir, err := os.MkdirTemp("", "levqor-drilltest-")
	must(t, err)
	must(t, os.Chmod(dataDir, 0o755))
	t.Cleanup(func() { os.RemoveAll(dataDir) })
	root := filepath.Join(dataDir, "root")
	must(t, os.MkdirAll(root, 0o755))
	h := &House{t: t, DB: d, Queue: q, Clock: &clock.Clock{}, Box: box, DataDir: dataDir, Root: root, Actor: dbtest.Workspace(t, d)}
	h.Options = source.Options{Dial: dial.Guard{Policy: dial.Anything}, Roots: roots.Roots{root}}
	h.Runner, h.Tasks = task.NewRunner(d, q, h.Clock, log), task.NewTasks(d, h.Clock)
	return h.equip()
}

// Impatient lets buckets be silent for no longer than that.
func (h *House) Impatient(silence time.Duration) *House {
	h.Options.Dial.Silence = silence
	return h.equip()
}

func (h *House) equip() *House {
	h.Vaults = vault.New(h.DB, h.Queue, h.Clock, h.Box, h.Runner, vault.Options{DataDir: h.DataDir, Dial: h.Options.Dial, Roots: h.Options.Roots})
	h.Sources = source.New(h.DB, h.Queue, h.Clock, h.Box, h.Runner, h.Options)
	h.Backups = backup.New(h.DB, h.Queue, h.Clock, h.Runner, h.Sources, h.Vaults, backup.Options{})
	return h
}

// Vault is a new one in the data folder, ready.
func (h *House) Vault() uuid.UUID {
	h.t.Helper()
	id, setup, err := h.Vaults.Create(h.t.Context(), h.Actor, vault.Input{Name: "vault " + uuid.NewString(), Kind: vault.Filesystem})
	must(h.t, err)
	must(h.t, h.Vaults.PerformSetup(h.t.Context(), setup))
	h.Done(setup)
	return id
}

// Source adds one, untested.
func (h *House) Source(name string, config source.Config, password string) uuid.UUID {
	h.t.Helper()
	kind := source.Folder
	switch {
	case config.Postgres != nil:
		kind = source.Postgres
	case config.Bucket != nil:
		kind = source.S3
	}
	id, _, err := h.Sources.Create(h.t.Context(), h.Actor, source.Input{Name: name, Kind: kind, Config: config, Secret: secret.Text(password)})
	must(h.t, err)
	return id
}

// Plan backs a source up into a new vault.
func (h *House) Plan(sourceID uuid.UUID, asserts ...source.Assertion) uuid.UUID {
	h.t.Helper()
	return h.PlanInto(h.Vault(), sourceID, asserts...)
}

// PlanInto backs a source up into that vault.
func (h *House) PlanInto(vault, sourceID uuid.UUID, asserts ...source.Assertion) uuid.UUID {
	h.t.Helper()
	in := backup.Defaults("UTC")
	in.SourceID, in.VaultID, in.Assertions = sourceID, vault, asserts
	id, err := h.Backups.CreatePlan(h.t.Context(), h.Actor, in)
	must(h.t, err)
	return id
}

// Backup makes one now and returns it with its snapshot.
func (h *House) Backup(plan uuid.UUID) (id, snapshot uuid.UUID) {
	h.t.Helper()
	id, err := h.Backups.Start(h.t.Context(), h.Actor, plan)
	must(h.t, err)
	return id, h.Perform(id)
}

// Perform does a queued backup and returns its snapshot.
func (h *House) Perform(id uuid.UUID) (snapshot uuid.UUID) {
	h.t.Helper()
	must(h.t, h.Backups.Perform(h.t.Context(), id))
	h.Done(id)
	h.Row(`SELECT snapshot_id FROM backups WHERE id = $1`, id).to(&snapshot)
	return snapshot
}

// Done fails the test unless the task went well.
func (h *House) Done(id uuid.UUID) task.Task {
	h.t.Helper()
	found := h.Task(id)
	if found.State != task.Succeeded {
		h.t.Fatalf("%s is %s: %s %v", found.Kind, found.State, found.FailureKey, found.FailureArgs)
	}
	return found
}

// Task reads a task.
func (h *House) Task(id uuid.UUID) task.Task {
	h.t.Helper()
	found, err := task.ByID(h.t.Context(), h.DB, id)
	must(h.t, err)
	return found
}

// row is a query whose single row is read by to.
type row struct {
	h    *House
	sql  string
	args []any
}

// Row reads from our own database, in any workspace.
func (h *House) Row(sql string, args ...any) row { return row{h, sql, args} }

// To scans the row.
func (r row) To(into ...any) { r.h.t.Helper(); r.to(into...) }

func (r row) to(into ...any) {
	r.h.t.Helper()
	must(r.h.t, r.h.DB.AsSystem(r.h.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, r.sql, r.args...).Scan(into...)
	}))
}

// Exec changes our own database, in any workspace.
func (h *House) Exec(sql string, args ...any) {
	h.t.Helper()
	must(h.t, h.DB.AsSystem(h.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Server is a customer's Postgres.
type Server struct {
	running *embedded.Server
	err     error
}

// Shop is a server with a small shop in the database of that name: customers,
// orders with rows each, an index, a view and a foreign key.
func Shop(t testing.TB, database string, orders int) (s *Server, config postgres.Config, password string) {
	t.Helper()
	s = customers()
	must(t, s.err)
	host, port, user, password := s.running.Access()
	s.SQL(t, "postgres", fmt.Sprintf(`CREATE DATABASE %s`, pgx.Identifier{database}.Sanitize()))
	t.Cleanup(func() {
		s.run(t, "postgres", fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, pgx.Identifier{database}.Sanitize()))
	})
	s.SQL(t, database, fmt.Sprintf(`
		CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
		CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers, total numeric(10,2), note text, at timestamptz);
		CREATE INDEX orders_at ON orders (at);
		CREATE VIEW totals AS SELECT customer, sum(total) FROM orders GROUP BY customer;
		INSERT INTO customers SELECT i, 'Customer ' || i FROM generate_series(1, 100) i;
		INSERT INTO orders SELECT i, 1 + i %% 100, i * 1.5, repeat('order ', i %% 7), now() - i * interval '1 minute' FROM generate_series(1, %d) i;`, orders))
	return s, postgres.Config{Host: host, Port: port, User: user, Databases: []string{database}, TLS: postgres.TLSDisable}, password
}

// customers is the one server of a test process.
var customers = sync.OnceValue(func() *Server {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s := &Server{}
	bin, err := embedded.Find(ctx, os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		return &Server{err: err}
	}
	dir, err := os.MkdirTemp("", "levqor-customer-")
	if err != nil {
		return &Server{err: err}
	}
	if s.err = os.Chmod(dir, 0o755); s.err == nil {
		s.running, s.err = embedded.Start(ctx, embedded.Options{Dir: dir, Bin: bin, Port: embedded.FreePort, Fast: true})
	}
	return s
})

// SQL runs statements in a database of the server.
func (s *Server) SQL(t testing.TB, database, sql string) {
	t.Helper()
	s.run(t, database, sql)
}

func (s *Server) run(t testing.TB, database, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.running.URL(database))
	must(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	must(t, err)
}

// Ask reads one value from a database of the server.
func Ask[T any](t testing.TB, s *Server, database, sql string) (value T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.running.URL(database))
	must(t, err)
	defer conn.Close(ctx)
	must(t, conn.QueryRow(ctx, sql).Scan(&value))
	return value
}
