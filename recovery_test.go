package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/backup"
	"levqor/jobs/db/embedded"
	"levqor/jobs/mail"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// post takes mails as Resend does, and counts them by subject.
type post struct {
	mu    sync.Mutex
	mails map[string]int // by idempotency key
}

func (p *post) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails[r.Header.Get("Idempotency-Key")]++
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"id": uuid.NewString()})
}

func (p *post) sent() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.mails)
}

// again is how many mails came a second time.
func (p *post) again() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, times := range p.mails {
		n += times - 1
	}
	return n
}

// document is docs/RECOVERY.md as blocks of commands.
func document(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("docs/RECOVERY.md")
	must(t, err)
	var blocks []string
	for _, found := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, found[1])
	}
	return blocks
}

// reader follows the document: its commands, word for word, where a `levqor` is on
// the path.
type reader struct {
	t   *testing.T
	dir string
	env []string
}

func newReader(t *testing.T, bin embedded.Binaries, env ...string) *reader {
	t.Helper()
	dir := t.TempDir()
	program, err := os.Executable()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "levqor"), []byte("#!/bin/sh\nexec env '"+commandEnv+"="+asTyped+"' "+program+" \"$@\"\n"), 0o755))
	return &reader{t: t, dir: dir, env: append(os.Environ(), append(env, "PATH="+dir+":"+bin.Dir+":"+os.Getenv("PATH"))...)}
}

// values takes a block of exports with other values, which must be of the same names.
func (r *reader) values(block string, values map[string]string) {
	r.t.Helper()
	names := regexp.MustCompile(`(?m)^export (\w+)=`).FindAllStringSubmatch(block, -1)
	if len(names) != len(values) {
		r.t.Fatalf("%d values for:\n%s", len(values), block)
	}
	for _, name := range names {
		value, ok := values[name[1]]
		if !ok {
			r.t.Fatalf("the document wants %s", name[1])
		}
		r.env = append(r.env, name[1]+"="+value)
	}
}

// run runs a block and returns what it printed; what it left in the background
// ends with stop.
func (r *reader) run(block string) (printed string, stop func()) {
	r.t.Helper()
	out, err := os.CreateTemp(r.dir, "out")
	must(r.t, err)
	cmd := exec.CommandContext(r.t.Context(), "bash", "-euo", "pipefail", "-c", block)
	cmd.Env, cmd.Dir = r.env, r.dir
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = cmd.Run()
	text, readErr := os.ReadFile(out.Name())
	must(r.t, readErr)
	if err != nil {
		r.t.Fatalf("%s: %v\n%s", block, err, text)
	}
	stop = func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		for syscall.Kill(-cmd.Process.Pid, 0) == nil {
			time.Sleep(20 * time.Millisecond)
		}
		if said, _ := os.ReadFile(out.Name()); r.t.Failed() {
			r.t.Logf("%s\n%s", block, bytes.TrimSpace(said))
		}
	}
	r.t.Cleanup(stop)
	return string(text), stop
}

// TestRecoveryByTheDocument: a Levqor at work is dumped, works on for a while, and
// its machine is lost. Whoever follows docs/RECOVERY.md has it back on an empty
// server: what vaults took in meanwhile is there, nothing was deleted, and nothing
// goes out a second time.
func TestRecoveryByTheDocument(t *testing.T) {
	to := newTown(t)
	began := time.Now()
	letters := &post{mails: map[string]int{}}
	office := httptest.NewServer(letters)
	t.Cleanup(office.Close)
	must(t, os.RemoveAll(filepath.Join(to.options.Dir, "..", "data")))
	root := filepath.Dir(to.options.Dir)
	roots := filepath.Join(root, "own", "folders")
	elsewhere, kept, key := filepath.Join(t.TempDir(), "elsewhere"), t.TempDir(), filepath.Join(t.TempDir(), "master.key")
	must(t, os.WriteFile(key, []byte(to.svc.Config.MasterKey), 0o600))
	common := []string{"RESEND_API_KEY=x", "RESEND_BASE_URL=" + office.URL, "LEVQOR_BASE_URL=" + to.base, "LEVQOR_LISTEN=" + strings.TrimPrefix(to.base, "http://"),
		"LEVQOR_ALLOW_PRIVATE=1", "LEVQOR_FOLDER_ROOTS=" + roots, "LEVQOR_DATA=" + filepath.Join(root, "own"), "LEVQOR_ADMIN_EMAIL=olive@localhost"}
	blocks := document(t)
	if len(blocks) != 9 {
		t.Fatalf("the document has %d blocks of commands", len(blocks))
	}

	// A Levqor at work.
	before := newReader(t, to.options.Bin, common...)
	before.values(blocks[0], map[string]string{"DATABASE_URL": to.server.URL("postgres"), "LEVQOR_MASTER_KEY_FILE": key, "ELSEWHERE": elsewhere, "KEPT": kept})
	plan := to.protectFolder(roots)
	_, stop := before.run("levqor web &\nlevqor worker &")
	to.until("the vault is made", time.Minute, func() bool { return to.count(`SELECT count(*) FROM vaults WHERE state = 'ready'`) == 1 })
	to.backUp(plan)
	stop()
	must(t, to.svc.DB.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return to.svc.Mails.Queue(ctx, tx, mail.Message{Kind: mail.BackupFailed, To: "olive@localhost", Locale: "en", Args: map[string]any{"plan": "x", "source": "x", "link": to.base}})
	}))
	_, stop = before.run("levqor web &")
	to.serving()
	if status, err := to.call("before the dump"); err != nil || status != http.StatusAccepted {
		t.Fatalf("the webhook is answered %d, %v", status, err)
	}
	stop()
	before.run(blocks[1])
	if said, _ := before.run(blocks[2]); !strings.Contains(said, elsewhere) {
		t.Errorf("the status says %q", said)
	}
	before.run(blocks[3])

	// It works on, and is lost.
	_, stop = before.run("levqor web &\nlevqor worker &")
	to.backUp(plan)
	to.until("the mail goes out", 30*time.Second, func() bool { return letters.sent() == 1 })
	to.until("the run's effects arrive", 30*time.Second, func() bool { n, _ := to.outside.seen(); return n == 3 })
	stop()
	held := to.count(`SELECT count(*) FROM snapshots WHERE state <> 'deleted'`)
	must(t, to.server.Stop(t.Context()))

	// An empty machine.
	fresh, err := embedded.Start(t.Context(), embedded.Options{Dir: filepath.Join(root, "fresh"), Bin: to.options.Bin})
	must(t, err)
	t.Cleanup(func() { must(t, fresh.Stop(context.Background())) })
	after := newReader(t, to.options.Bin, common...)
	after.values(blocks[4], map[string]string{"POSTGRES": fresh.URL("postgres"), "DATABASE_URL": fresh.URL("levqor"), "LEVQOR_MASTER_KEY_FILE": filepath.Join(kept, "master.key"), "KEPT": kept})
	if said, _ := after.run(blocks[5]); !strings.Contains(said, "in quarantine") || !strings.Contains(said, "1 mails, 1 runs") {
		t.Errorf("recover says %q", said)
	}
	ask := func(sql string) (n int) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), fresh.URL("levqor"))
		must(t, err)
		defer conn.Close(t.Context())
		must(t, conn.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	after.run(blocks[6])
	link, _ := after.run(blocks[7])
	to.serving()
	if page := to.signIn(strings.TrimSpace(link)); !strings.Contains(page, "Quarantine") {
		t.Error("the first page does not speak of the quarantine")
	}
	if status, err := to.call("in quarantine"); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("a webhook is answered %d, %v", status, err)
	}
	to.until("workers put off every job", 30*time.Second, func() bool { return ask(`SELECT count(*) FROM river_job WHERE state IN ('available', 'running')`) == 0 })
	effects, _ := to.outside.seen()
	if letters.sent() != 1 || effects != 3 || ask(`SELECT count(*) FROM snapshots WHERE state <> 'good'`) != 0 {
		t.Errorf("in quarantine: %d mails, %d effects", letters.sent(), effects)
	}
	after.run(blocks[8])
	to.until("the open run asks whether its step was done", time.Minute, func() bool {
		return ask(`SELECT count(*) FROM run_waits WHERE kind = 'unknown' AND state = 'open'`) == 1
	})
	must(t, change(t, fresh.URL("levqor"), `UPDATE plans SET next_at = now()`))
	to.until("the due backup ran, and what the vault took in meanwhile is adopted", time.Minute, func() bool { return ask(`SELECT count(*) FROM snapshots WHERE state = 'good'`) == held+1 })
	effects, again := to.outside.seen()
	if letters.again() != 0 || effects != 3 || again != 0 || ask(`SELECT count(*) FROM mails WHERE state = 'unknown'`) != 1 {
		t.Errorf("after the release: %d mails, %d effects, %d of them again", letters.sent(), effects, again)
	}
	if n := ask(`SELECT count(*) FROM snapshots WHERE state IN ('deleted', 'deleting')`); n != 0 {
		t.Errorf("%d snapshots are gone", n)
	}
	t.Logf("all of it took %s", time.Since(began).Round(time.Second))
}

// protectFolder is a plan of a folder into a vault, hourly and not yet due.
func (to *town) protectFolder(root string) uuid.UUID {
	to.t.Helper()
	from := filepath.Join(root, "papers")
	must(to.t, os.MkdirAll(from, 0o755))
	must(to.t, os.WriteFile(filepath.Join(from, "a.txt"), []byte("one"), 0o600))
	ctx := to.t.Context()
	v, _, err := to.svc.Vaults.Create(ctx, to.owner, vault.Input{Name: "Vault", Kind: vault.Filesystem})
	must(to.t, err)
	s, _, err := to.svc.Sources.Create(ctx, to.owner, source.Input{Name: "Papers", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: from}}})
	must(to.t, err)
	in := backup.Defaults("UTC")
	in.SourceID, in.VaultID = s, v
	plan, err := to.svc.Backups.CreatePlan(ctx, to.owner, in)
	must(to.t, err)
	return plan
}

func (to *town) backUp(plan uuid.UUID) {
	to.t.Helper()
	var id uuid.UUID
	to.until("a backup may start", time.Minute, func() bool {
		var err error
		id, err = to.svc.Backups.Start(to.t.Context(), to.owner, plan)
		return err == nil
	})
	to.until("the backup ends", time.Minute, func() bool {
		found, err := task.ByID(to.t.Context(), to.svc.DB, id)
		must(to.t, err)
		if found.State == task.Failed {
			to.t.Fatalf("the backup failed: %s %v", found.FailureKey, found.FailureArgs)
		}
		return found.State == task.Succeeded
	})
}

func change(t *testing.T, at, sql string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), at)
	if err != nil {
		return err
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	return err
}

func (to *town) serving() {
	to.t.Helper()
	to.until("the web answers", 30*time.Second, func() bool {
		answer, err := to.client.Get(to.base + "/readyz")
		return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
}

// signIn uses the link and returns the first page.
func (to *town) signIn(link string) string {
	to.t.Helper()
	jar, err := cookiejar.New(nil)
	must(to.t, err)
	browser := &http.Client{Jar: jar, Timeout: 15 * time.Second}
	req, err := http.NewRequestWithContext(to.t.Context(), http.MethodPost, link, nil)
	must(to.t, err)
	req.Header.Set("Origin", to.base)
	answer, err := browser.Do(req)
	must(to.t, err)
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	must(to.t, err)
	return string(page)
}
