package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// openDir is a folder that the server's user can reach: t.TempDir is closed to others.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "levqor-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func binaries(t *testing.T) Binaries {
	t.Helper()
	b, err := Find(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		s.Stop(ctx)
	})
	return s
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var out string
	if err := conn.QueryRow(t.Context(), sql).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFindRefusesAFolderWithoutAServer(t *testing.T) {
	t.Parallel()
	if _, err := Find(t.Context(), t.TempDir()); !fail.Is(err, fail.Invalid) {
		t.Fatalf("got %v", err)
	}
}

func TestFindEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	installed := binaries(t).Dir
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, env := range []string{"", installed} {
		if _, err := Find(ended, env); !errors.Is(err, context.Canceled) {
			t.Errorf("in %q: %v", env, err)
		}
	}
}

func TestFindNamesTheVersion(t *testing.T) {
	t.Parallel()
	b := binaries(t)
	if b.Major < 10 || !strings.HasPrefix(b.Version, strconv.Itoa(b.Major)) {
		t.Fatalf("got %+v", b)
	}
	if again, err := Find(t.Context(), b.Dir); err != nil || again != b {
		t.Fatalf("the named folder gives %+v, %v", again, err)
	}
}

func TestOneFolderOneServer(t *testing.T) {
	t.Parallel()
	o := Options{Dir: filepath.Join(openDir(t), "pg"), Bin: binaries(t)}
	start(t, o)
	if _, err := Start(t.Context(), o); !fail.Is(err, fail.Conflict) {
		t.Fatalf("a second server on the folder: %v", err)
	}
}

func TestAnotherMajorVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir, Bin: binaries(t)})
	if !fail.Is(err, fail.Conflict) || !strings.Contains(err.Error(), "pg_upgrade") {
		t.Fatalf("got %v", err)
	}
}

func TestAClosedParentIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return
	}
	closed := filepath.Join(openDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: filepath.Join(closed, "pg"), Bin: binaries(t)})
	if !fail.Is(err, fail.Invalid) || !strings.Contains(err.Error(), closed) {
		t.Fatalf("got %v", err)
	}
}

func TestNobodyComesInWithoutThePassword(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: openDir(t), Bin: binaries(t), Port: FreePort, Fast: true})
	for _, url := range []string{
		fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres", s.port),
		fmt.Sprintf("postgres:///postgres?user=postgres&host=%s&port=%d", s.folder.socket, s.port),
	} {
		if conn, err := pgx.Connect(t.Context(), url); err == nil {
			conn.Close(t.Context())
			t.Fatalf("let in by %s", url)
		}
	}
	info, err := os.Stat(s.folder.socket)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("socket folder is %v, %v", info.Mode(), err)
	}
}

func TestDataOutlivesStopAndKill(t *testing.T) {
	t.Parallel()
	o := Options{Dir: openDir(t), Bin: binaries(t)}
	s := start(t, o)
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept AS SELECT 'here' AS word`); err != nil {
		t.Fatal(err)
	}
	conn.Close(t.Context())
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for round, end := range []func(*Server){
		func(s *Server) { s.child.Kill(); <-s.done; s.folder.release() },
		func(s *Server) { s.Stop(t.Context()) },
	} {
		s = start(t, o)
		if got := query(t, s.URL("postgres"), `SELECT word FROM kept`); got != "here" {
			t.Fatalf("round %d: got %q", round, got)
		}
		end(s)
	}
}

// A mark left by a killed server whose process number now belongs to another program.
func TestAStaleMarkWithALivingNumberIsRemoved(t *testing.T) {
	t.Parallel()
	o := Options{Dir: openDir(t), Bin: binaries(t)}
	s := start(t, o)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(o.Dir, "data", "postmaster.pid")
	if err := os.WriteFile(mark, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, o)
}

func TestALongFolderStillHasASocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), strings.Repeat("long", 30))
	s := start(t, Options{Dir: dir, Bin: binaries(t), Fast: true})
	if query(t, s.URL("postgres"), `SELECT 'ok'`) != "ok" {
		t.Fatal("no answer")
	}
	if len(s.folder.socket) > 80 {
		t.Fatalf("socket folder %s", s.folder.socket)
	}
}

// TestHelperProcess is the process that TestTheServerDiesWithUs kills.
func TestHelperProcess(t *testing.T) {
	dir := os.Getenv("LEVQOR_EMBEDDED_HELPER")
	if dir == "" {
		return
	}
	s, err := Start(t.Context(), Options{Dir: dir, Bin: binaries(t), Caged: os.Getenv("LEVQOR_EMBEDDED_CAGED") != ""})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("pid", s.child.Pid)
	select {}
}

func TestTheServerDiesWithUs(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$")
	cmd.Env = append(os.Environ(), "LEVQOR_EMBEDDED_HELPER="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(out, "pid %d\n", &pid); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	// The next life waits for the old server, so a start that works proves its end.
	start(t, Options{Dir: dir, Bin: binaries(t)})
	if err := syscall.Kill(pid, 0); err == nil && serves(pid, filepath.Join(dir, "data")) {
		t.Fatalf("server %d is still there", pid)
	}
}
