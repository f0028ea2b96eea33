package workers_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/restore"
	"levqor/jobs/task"
)

// gate lets requests through while it is open.
type gate struct {
	mu     sync.Mutex
	change *sync.Cond
	open   bool
}

func newGate() *gate {
	g := &gate{}
	g.change = sync.NewCond(&g.mu)
	return g
}

func (g *gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = open
	g.change.Broadcast()
}

func (g *gate) wait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.open {
		g.change.Wait()
	}
}

// arrivals counts what arrives behind a gate, by idempotency key.
type arrivals struct {
	gate *gate
	mu   sync.Mutex
	seen map[string]int
}

func (a *arrivals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	a.gate.wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[r.Header.Get("Idempotency-Key")]++
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"id": "one"}`)
}

func (a *arrivals) counts() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.seen)
}

// freezing is a house whose vault, receiver and mail service can be held up, so
// that every kind of job is at work when its worker is frozen.
type freezing struct {
	*house
	gate     *gate
	bucket   *drilltest.Bucket
	outside  *arrivals
	env      []string
	vault    uuid.UUID
	plans    []uuid.UUID // of a folder and of a database
	customer *drilltest.Server
	workflow uuid.UUID
}

func newFreezing(t *testing.T, name string) *freezing {
	t.Helper()
	f := &freezing{house: newHouse(t), gate: newGate(), bucket: drilltest.NewBucket(t)}
	f.outside = &arrivals{gate: f.gate, seen: map[string]int{}}
	f.gate.set(true)
	server := httptest.NewServer(f.outside)
	t.Cleanup(server.Close)
	f.bucket.Disturb(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/v/p") { // contents: so far each of them comes
			f.gate.wait()
		}
		return false
	})
	f.env = []string{"RESEND_API_KEY=test", "RESEND_BASE_URL=" + server.URL + "/"}
	first := f.spawn()
	f.vault = f.house.vault(f.bucket.Vault("bucket", "v/"))
	shop, customer := f.shop(name, 2_000)
	f.customer = customer
	f.plans = []uuid.UUID{f.plan(f.vault, f.folder("files", 40, 64<<10)), f.plan(f.vault, shop)}
	for _, plan := range f.plans {
		if got := f.backUp(plan); got.State != task.Succeeded {
			t.Fatal(got.FailureKey, got.FailureArgs)
		}
	}
	f.settle()
	first.stop()
	f.workflow = f.threePosts(server.URL)
	t.Cleanup(func() { f.gate.set(true) })
	return f
}

// machine spawns a worker with a data folder, and so a cache, of its own.
func (f *freezing) machine() *worker {
	f.t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(f.root), "machine-")
	must(f.t, err)
	must(f.t, os.Chmod(dir, 0o755))
	return f.spawnWith(append(f.env, "LEVQOR_DATA="+dir)...)
}

// begin orders one job of each kind.
func (f *freezing) begin() (tasks []uuid.UUID) {
	f.t.Helper()
	ctx := f.t.Context()
	order := func(id uuid.UUID, err error) {
		f.t.Helper()
		must(f.t, err)
		tasks = append(tasks, id)
	}
	newest := func(plan uuid.UUID) uuid.UUID {
		return ask[uuid.UUID](f.house, `SELECT id FROM snapshots WHERE plan_id = $1 ORDER BY taken_at DESC LIMIT 1`, plan)[0]
	}
	must(f.t, fill(filepath.Join(f.root, "files"), 40, 64<<10))
	order(f.Backups.Start(ctx, f.actor, f.plans[0]))
	order(f.Restores.Start(ctx, f.actor, restore.Input{SnapshotID: newest(f.plans[0]), Kind: restore.Folder, Folder: filepath.Join(f.root, "back")}))
	order(f.Restores.Start(ctx, f.actor, restore.Input{SnapshotID: newest(f.plans[1]), Kind: restore.Database}))
	order(f.Drills.Start(ctx, f.actor, f.plans[1]))
	order(f.Vaults.StartUpkeep(ctx, f.actor, f.vault))
	_, err := f.Workflows.Start(ctx, f.actor, f.workflow, map[string]any{"n": 1})
	must(f.t, err)
	must(f.t, f.Accounts.Invite(ctx, f.actor, "guest@example.com", account.RoleViewer, "en"))
	return tasks
}

// held are the kinds of the jobs that the worker has.
func (f *freezing) held(w *worker) []string {
	return ask[string](f.house, `SELECT DISTINCT kind FROM river_job WHERE state = 'running' AND strpos(attempted_by[array_upper(attempted_by, 1)], $1) > 0 ORDER BY kind`,
		fmt.Sprintf("-%d-", w.cmd.Process.Pid))
}

// facts is all that a woken worker could spoil.
func (f *freezing) facts() map[string]string {
	f.t.Helper()
	found := map[string]string{}
	for what, sql := range map[string]string{
		"tasks":     `SELECT id || ' ' || kind || ' ' || state || ' ' || epoch || ' ' || attempt || ' ' || failure_key FROM tasks ORDER BY id`,
		"snapshots": `SELECT id || ' ' || state || ' ' || manifest_id FROM snapshots ORDER BY id`,
		"restores":  `SELECT id || ' ' || result::text FROM restores ORDER BY id`,
		"drills":    `SELECT id || ' ' || coalesce(passed::text, '') FROM drills ORDER BY id`,
		"steps":     `SELECT run_id || ' ' || step_id || ' ' || state FROM run_steps ORDER BY run_id, step_id`,
		"mails":     `SELECT id || ' ' || state FROM mails ORDER BY id`,
	} {
		found[what] = strings.Join(ask[string](f.house, sql), "\n")
	}
	files := sha256.New()
	must(f.t, filepath.WalkDir(filepath.Join(f.root, "back"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintln(files, path, sha256.Sum256(text))
		return err
	}))
	found["files"] = fmt.Sprintf("%x", files.Sum(nil))
	found["databases"] = strings.Join(drilltest.Ask[[]string](f.t, f.customer, "postgres",
		`SELECT array_agg(datname::text ORDER BY datname) FROM pg_database WHERE datname LIKE 'shop_frozen%'`), " ")
	found["effects"] = fmt.Sprint(f.outside.counts())
	return found
}

var everyKind = []string{"backup", "drill", "mail", "restore", "run", "vault_upkeep"}

// TestFrozenWorkers: a worker that is stopped while it has every kind of job at work
// is taken over within 15 s, and changes nothing when it wakes.
func TestFrozenWorkers(t *testing.T) {
	t.Parallel()
	f := newFreezing(t, "shop_frozen")
	for round := range drilltest.Rounds(1, 10) {
		f.round(round)
	}
}

func (f *freezing) round(n int) {
	t := f.t
	f.gate.set(false)
	tasks := f.begin()
	frozen := f.machine()
	if err := until(t.Context(), func(context.Context) (bool, error) { return slices.Equal(f.held(frozen), everyKind), nil }); err != nil {
		t.Fatalf("it has %v at work: %v", f.held(frozen), err)
	}
	time.Sleep(time.Second) // into the work
	must(t, frozen.cmd.Process.Signal(syscall.SIGSTOP))
	froze := time.Now()
	second := f.machine()
	must(t, until(t.Context(), func(context.Context) (bool, error) { return len(f.held(frozen)) == 0, nil }))
	if took := time.Since(froze); took > 15*time.Second {
		t.Errorf("it was taken over after %s", took)
	} else {
		t.Logf("taken over after %s", took.Round(time.Millisecond))
	}
	f.gate.set(true)
	for _, id := range tasks {
		f.done(id)
	}
	f.settle()
	before := f.facts()
	must(t, frozen.cmd.Process.Signal(syscall.SIGCONT))
	must(t, until(t.Context(), func(context.Context) (bool, error) {
		return ask[int](f.house, `SELECT count(*)::int FROM worker_leases WHERE lost_at IS NULL`)[0] == 2, nil
	}))
	time.Sleep(2 * time.Second) // whatever it still does
	f.settle()
	for what, now := range f.facts() {
		if was := before[what]; now != was {
			t.Errorf("round %d: the woken worker changed %s:\n%s\n→\n%s", n, what, was, now)
		}
	}
	for key, times := range f.outside.counts() {
		if times > 2 {
			t.Errorf("%q arrived %d times", key, times)
		}
	}
	second.stop()
	if got := f.backUp(f.plans[0]); got.State != task.Succeeded { // the woken one works on
		t.Errorf("afterwards: %s", got.FailureKey)
	}
	f.settle()
	frozen.stop()
	must(t, os.RemoveAll(filepath.Join(f.root, "back")))
	for _, name := range drilltest.Ask[[]string](t, f.customer, "postgres", `SELECT coalesce(array_agg(datname::text), '{}') FROM pg_database WHERE datname LIKE 'shop_frozen_%'`) {
		f.customer.SQL(t, "postgres", `DROP DATABASE "`+name+`"`)
	}
}
