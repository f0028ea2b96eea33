// Package browser_test drives a real Chromium through a real Levqor, started as a
// newcomer starts it: `levqor dev`, nothing configured.
package browser_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stand is a running `levqor dev`.
type stand struct {
	base  string // http://127.0.0.1:port
	link  string // path of the sign-in link that it printed
	dir   string // its data folder
	words string // of its API token, once there is one
}

// program is built once a test process, with the race detector when the tests have it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "levqor-browser-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "levqor")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "levqor")...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// TestMain removes the program at the end.
func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// newStand starts one in a data folder of its own; it must stop cleanly and have
// raced nowhere.
func newStand(t *testing.T, env ...string) *stand {
	t.Helper()
	path, err := program()
	must(t, err)
	dir, err := os.MkdirTemp("", "levqor-stand-")
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { os.RemoveAll(dir) })
	said := &bytes.Buffer{}
	cmd := exec.Command(path, "dev")
	cmd.Env = append(os.Environ(), append([]string{"LEVQOR_DATA=" + dir, "LEVQOR_LISTEN=127.0.0.1:0", "LEVQOR_PSEUDO_LOCALES=1"}, env...)...)
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { stopped(t, cmd, said) })
	line, err := firstLine(out)
	if err != nil {
		t.Fatalf("levqor dev: %v\n%s", err, said)
	}
	address, found := strings.CutPrefix(line, "Open ")
	at := strings.Index(address, "/sign-in/")
	if !found || at < 0 {
		t.Fatalf("levqor dev printed %q", line)
	}
	return &stand{base: address[:at], link: address[at:], dir: dir}
}

func firstLine(out interface{ Read([]byte) (int, error) }) (string, error) {
	lines := make(chan string, 1)
	go func() {
		reader := bufio.NewReader(out)
		line, _ := reader.ReadString('\n')
		lines <- strings.TrimSpace(line)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	select {
	case line := <-lines:
		return line, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func stopped(t *testing.T, cmd *exec.Cmd, said *bytes.Buffer) {
	t.Helper()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(40*time.Second, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	late.Stop()
	if err != nil || strings.Contains(said.String(), "DATA RACE") || strings.Contains(said.String(), "panic") {
		t.Errorf("levqor dev ended badly: %v\n%s", err, said)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
