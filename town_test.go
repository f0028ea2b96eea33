package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"levqor/jobs/account"
	"levqor/jobs/config"
	"levqor/jobs/db"
	"levqor/jobs/db/embedded"
	"levqor/jobs/services"
	"levqor/jobs/workflow/flow"
	"levqor/migrations"
)

// commandEnv makes this test binary `levqor <its value>`.
const commandEnv = "LEVQOR_TEST_COMMAND"

// asTyped makes it `levqor` with the arguments that it is given.
const asTyped = "as typed"

func TestMain(m *testing.M) {
	if command := os.Getenv(commandEnv); command != "" {
		if command != asTyped {
			os.Args = []string{"levqor", command}
		}
		main()
		return
	}
	os.Exit(m.Run())
}

// town is a Levqor of many processes, with a Postgres of its own behind a line that
// can be disturbed, and a server outside that counts what workflows send it.
type town struct {
	t       *testing.T
	options embedded.Options
	server  *embedded.Server
	line    *toxiproxy.Proxy
	svc     *services.Services // past the line
	owner   account.Actor
	env     []string
	base    string
	door    string // a webhook that starts three effects
	outside *outside
	client  *http.Client
}

// outside counts what arrives, by idempotency key.
type outside struct {
	mu      sync.Mutex
	arrived map[string]int
}

func (o *outside) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.arrived[r.Header.Get("Idempotency-Key")]++
	w.WriteHeader(http.StatusNoContent)
}

// seen is how many effects arrived, and how many of them again.
func (o *outside) seen() (arrived, again int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, times := range o.arrived {
		again += times - 1
	}
	return len(o.arrived), again
}

func newTown(t *testing.T) *town {
	t.Helper()
	bin, err := embedded.Find(t.Context(), "")
	must(t, err)
	dir, err := os.MkdirTemp("", "levqor-town-") // not t.TempDir: the server's own user must pass through
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { os.RemoveAll(dir) })
	to := &town{t: t, outside: &outside{arrived: map[string]int{}}, client: &http.Client{Timeout: 15 * time.Second}}
	to.options = embedded.Options{Dir: filepath.Join(dir, "postgres"), Bin: bin, Port: freePort(t)}
	to.open()
	t.Cleanup(func() { must(t, to.server.Stop(context.Background())) })
	direct := to.server.URL("postgres")
	must(t, migrations.Apply(t.Context(), direct))
	target := httptest.NewServer(to.outside)
	t.Cleanup(target.Close)
	key := newKeyset(t)
	to.svc, err = services.New(t.Context(), config.Config{Dev: true, BaseURL: "http://localhost", DatabaseURL: direct, DataDir: filepath.Join(dir, "own"), MasterKey: key}, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(to.svc.Close)
	to.owner, _, err = to.svc.Accounts.EnsureFirst(t.Context(), "olive@localhost")
	must(t, err)
	to.door = to.threeEffects(target.URL)
	to.disturb()
	listen := "127.0.0.1:" + strconv.Itoa(freePort(t))
	to.base = "http://" + listen
	to.env = append(os.Environ(), "DATABASE_URL="+strings.Replace(direct, ":"+strconv.Itoa(to.options.Port), to.line.Listen[strings.LastIndex(to.line.Listen, ":"):], 1),
		"LEVQOR_MASTER_KEY="+key, "LEVQOR_BASE_URL="+to.base, "LEVQOR_LISTEN="+listen, "LEVQOR_ALLOW_PRIVATE=1", "LEVQOR_DATA="+filepath.Join(dir, "data"))
	return to
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// open starts the Postgres, also one that crashed.
func (to *town) open() {
	to.t.Helper()
	server, err := embedded.Start(to.t.Context(), to.options)
	must(to.t, err)
	to.server = server
}

// crash ends the Postgres as a crash does: at once, its connections with it.
func (to *town) crash() {
	to.t.Helper()
	text, err := os.ReadFile(filepath.Join(to.options.Dir, "data", "postmaster.pid"))
	must(to.t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	must(to.t, err)
	must(to.t, syscall.Kill(pid, syscall.SIGQUIT))
	<-to.server.Done()
	must(to.t, to.server.Stop(context.Background()))
}

// disturb puts a line between the processes and the Postgres.
func (to *town) disturb() {
	to.t.Helper()
	quiet := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	to.line = toxiproxy.NewProxy(quiet, "postgres", "127.0.0.1:0", "127.0.0.1:"+strconv.Itoa(to.options.Port))
	must(to.t, to.line.Start())
	to.t.Cleanup(to.line.Stop)
}

// toxic disturbs the line until the returned function is called.
func (to *town) toxic(text string) (end func()) {
	to.t.Helper()
	added, err := to.line.Toxics.AddToxicJson(strings.NewReader(text))
	must(to.t, err)
	return func() { must(to.t, to.line.Toxics.RemoveToxic(context.Background(), added.Name)) }
}

// threeEffects is the address of a workflow whose effects are allowed for good.
func (to *town) threeEffects(target string) (token string) {
	to.t.Helper()
	d := flow.Definition{Trigger: flow.Trigger{Kind: "webhook"}}
	for i := range 3 {
		d.Steps = append(d.Steps, flow.Step{ID: fmt.Sprintf("post%d", i), Kind: "http_request", Config: map[string]any{"method": "POST", "url": target, "body": "${trigger.body.n}"}})
	}
	ctx := to.t.Context()
	id, err := to.svc.Workflows.Create(ctx, to.owner, "Three effects", "", d)
	must(to.t, err)
	_, err = to.svc.Workflows.Publish(ctx, to.owner, id, 1, "")
	must(to.t, err)
	for _, s := range d.Steps {
		to.exec(`INSERT INTO trusts (id, workspace_id, workflow_id, step_id, reach, granted_by, created_at) VALUES ($1, $2, $3, $4, $5, 'Olive', now())`,
			db.NewID(), to.owner.Workspace, id, s.ID, "POST "+target)
	}
	token, err = to.svc.Workflows.Address(ctx, to.owner, id)
	must(to.t, err)
	return token
}

func (to *town) exec(sql string, args ...any) {
	to.t.Helper()
	must(to.t, to.svc.DB.AsSystem(to.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	}))
}

// count asks past the line.
func (to *town) count(sql string, args ...any) (n int) {
	to.t.Helper()
	must(to.t, to.svc.DB.AsSystem(to.t.Context(), func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&n) }))
	return n
}

// process is a `levqor web` or `levqor worker`.
type process struct {
	to    *town
	name  string
	cmd   *exec.Cmd
	said  bytes.Buffer
	ended chan struct{}
	err   error
}

func (to *town) start(name string) *process {
	to.t.Helper()
	p := &process{to: to, name: name, ended: make(chan struct{})}
	program, err := os.Executable()
	must(to.t, err)
	p.cmd = exec.CommandContext(context.WithoutCancel(to.t.Context()), program)
	p.cmd.Env = append(to.env, commandEnv+"="+name)
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	must(to.t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	to.t.Cleanup(p.kill)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// stop asks it to end, and fails the test unless it does so well.
func (p *process) stop() {
	p.to.t.Helper()
	must(p.to.t, p.cmd.Process.Signal(syscall.SIGTERM))
	<-p.ended
	if p.err != nil {
		p.to.t.Errorf("levqor %s ended: %v\n%s", p.name, p.err, p.said.String())
	}
}

// lives reports whether the process has not ended.
func (p *process) lives() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// call calls the webhook once; key makes a second call the same one.
func (to *town) call(key string) (status int, err error) {
	req, err := http.NewRequestWithContext(to.t.Context(), http.MethodPost, to.base+"/hooks/"+to.door, strings.NewReader(`{"n": 1}`))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	answer, err := to.client.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, errors.Join(err, answer.Body.Close())
}

// until polls until the condition holds, at most for that long.
func (to *town) until(what string, most time.Duration, holds func() bool) time.Duration {
	to.t.Helper()
	start := time.Now()
	for !holds() {
		if time.Since(start) > most {
			to.t.Fatalf("after %s still not: %s", most, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return time.Since(start)
}
