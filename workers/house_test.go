package workers_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/config"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
	"levqor/jobs/services"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/workers"
)

// workerEnv makes this test binary a `levqor worker`, for tests that kill one.
const workerEnv = "LEVQOR_TEST_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(workerEnv) == "" {
		os.Exit(m.Run())
	}
	if err := runWorker(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runWorker() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := config.Read(os.Getenv)
	if err != nil {
		return err
	}
	cfg.Dev = true
	leave, err := services.OwnTemp(ctx, cfg.DataDir)
	if err != nil {
		return err
	}
	defer leave()
	svc, err := services.New(ctx, cfg, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	defer svc.Close()
	return workers.Run(ctx, svc, queue.AllQueues())
}

// house is a whole Levqor without its web process, on a fresh database.
type house struct {
	t *testing.T
	*services.Services
	actor account.Actor // an owner, confirmed just now
	url   string
	root  string // the one allowed folder
	log   *logs
}

func newHouse(t *testing.T) *house {
	t.Helper()
	keyset, err := secret.NewKeyset()
	must(t, err)
	dir, err := os.MkdirTemp("", "levqor-workers-") // not t.TempDir: servers' own user must pass through
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &house{t: t, url: dbtest.NewURL(t), root: filepath.Join(dir, "files"), log: &logs{}}
	must(t, os.MkdirAll(h.root, 0o755))
	cfg := config.Config{
		Dev: true, DatabaseURL: h.url, MasterKey: keyset, DataDir: filepath.Join(dir, "data"),
		BaseURL: "http://levqor.test", FolderRoots: []string{h.root},
	}
	h.Services, err = services.New(t.Context(), cfg, slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	must(t, err)
	t.Cleanup(h.Close)
	h.actor = dbtest.Workspace(t, h.DB)
	return h
}

// logs is what the processes of a house wrote.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// work runs workers in this process until the test ends.
func (h *house) work() {
	h.t.Helper()
	ctx, stop := context.WithCancel(h.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- workers.Run(ctx, h.Services, queue.AllQueues()) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			h.t.Errorf("workers: %v", err)
		}
	})
}

// worker is a worker process of a house.
type worker struct{ cmd *exec.Cmd }

// spawn starts one.
func (h *house) spawn() *worker { return h.spawnWith() }

// spawnWith starts one with more in its environment.
func (h *house) spawnWith(env ...string) *worker { h.t.Helper(); return h.spawnBy(nil, env...) }

// spawnBy starts one by another program, which becomes it.
func (h *house) spawnBy(program []string, env ...string) *worker {
	h.t.Helper()
	command := append(program, os.Args[0])
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), workerEnv+"=1", "DATABASE_URL="+h.url, "LEVQOR_MASTER_KEY="+h.Config.MasterKey,
		"LEVQOR_DATA="+h.Config.DataDir, "LEVQOR_FOLDER_ROOTS="+h.root, "LEVQOR_BASE_URL="+h.Config.BaseURL)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = h.log
	must(h.t, cmd.Start())
	w := &worker{cmd}
	h.t.Cleanup(w.kill)
	return w
}

// kill ends it as a crash or the kernel would.
func (w *worker) kill() { w.end(syscall.SIGKILL) }

// stop ends it as a deployment would.
func (w *worker) stop() { w.end(syscall.SIGTERM) }

func (w *worker) end(sig syscall.Signal) {
	if w.cmd.ProcessState == nil {
		_ = w.cmd.Process.Signal(sig)
		_ = w.cmd.Wait()
	}
}

// vault is a new one, set up by a worker.
func (h *house) vault(in vault.Input) uuid.UUID {
	h.t.Helper()
	if in.Name == "" {
		in.Name = "vault " + uuid.NewString()
	}
	id, setup, err := h.Vaults.Create(h.t.Context(), h.actor, in)
	must(h.t, err)
	h.done(setup)
	return id
}

// plan backs a new source up into the vault, on demand.
func (h *house) plan(vault uuid.UUID, in source.Input) uuid.UUID {
	h.t.Helper()
	of, _, err := h.Sources.Create(h.t.Context(), h.actor, in)
	must(h.t, err)
	wanted := backup.Defaults("UTC")
	wanted.SourceID, wanted.VaultID = of, vault
	id, err := h.Backups.CreatePlan(h.t.Context(), h.actor, wanted)
	must(h.t, err)
	return id
}

// folder is a source of so many files of noise.
func (h *house) folder(name string, files, bytes int) source.Input {
	h.t.Helper()
	dir := filepath.Join(h.root, name)
	h.fill(dir, files, bytes)
	return source.Input{Name: name, Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: dir}}}
}

func (h *house) fill(dir string, files, bytes int) {
	h.t.Helper()
	must(h.t, fill(dir, files, bytes))
}

// fill writes files that no other file resembles, replacing those of before.
func fill(dir string, files, bytes int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	random := rand.NewChaCha8(sha256.Sum256([]byte(uuid.NewString())))
	data := make([]byte, bytes)
	for i := range files {
		if _, err := random.Read(data); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%03d", i)), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// shop is a source that is a Postgres database of so many orders.
func (h *house) shop(name string, orders int) (source.Input, *drilltest.Server) {
	h.t.Helper()
	server, config, password := drilltest.Shop(h.t, name, orders)
	return source.Input{Name: name, Kind: source.Postgres, Secret: secret.Text(password), Config: source.Config{Postgres: &config}}, server
}

// backUp starts a backup of the plan and waits for its end.
func (h *house) backUp(plan uuid.UUID) task.Task {
	h.t.Helper()
	id, err := h.Backups.Start(h.t.Context(), h.actor, plan)
	must(h.t, err)
	return h.await(id)
}

// done waits for a task that must go well.
func (h *house) done(id uuid.UUID) task.Task {
	h.t.Helper()
	found := h.await(id)
	if found.State != task.Succeeded {
		h.t.Fatalf("%s of %s %s: %s %v\n%s", found.Kind, found.SubjectName, found.State, found.FailureKey, found.FailureArgs, h.log)
	}
	return found
}

func (h *house) await(id uuid.UUID) task.Task {
	h.t.Helper()
	found, err := h.over(id)
	must(h.t, err)
	return found
}

// settle waits until nothing is left to do: a first backup is followed by a proof.
func (h *house) settle() {
	h.t.Helper()
	must(h.t, until(h.t.Context(), func(context.Context) (bool, error) {
		return len(ask[uuid.UUID](h, `SELECT id FROM tasks WHERE state IN ('queued', 'running')`)) == 0 && len(ask[int64](h,
			`SELECT id FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`)) == 0, nil
	}))
}

// patience is how long anything in a test may take.
const patience = 2 * time.Minute

// over waits until the task is over.
func (h *house) over(id uuid.UUID) (found task.Task, err error) {
	err = until(h.t.Context(), func(ctx context.Context) (bool, error) {
		found, err = task.ByID(ctx, h.DB, id)
		return found.State.Final(), err
	})
	if err != nil {
		err = fmt.Errorf("%s of %s is %s: %w", found.Kind, found.SubjectName, found.State, err)
	}
	return found, err
}

// until asks again and again.
func until(ctx context.Context, ask func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if yes, err := ask(ctx); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// ask reads rows of one column from our own database, in any workspace.
func ask[T any](h *house, sql string, args ...any) (found []T) {
	h.t.Helper()
	must(h.t, h.DB.AsSystem(h.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowTo[T])
		return err
	}))
	return found
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
