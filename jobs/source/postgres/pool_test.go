package postgres

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"levqor/jobs/fail"
)

// pool starts pgbouncer in front of a server and returns the way through it.
func pool(t *testing.T, c Config, mode string) Config {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	dir, err := os.MkdirTemp("", "levqor-pool-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	settings := fmt.Sprintf("[databases]\n* = host=%s port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = plain\nauth_file = %s/users.txt\npool_mode = %s\n", c.Host, c.Port, port, dir, mode)
	for file, text := range map[string]string{"pool.ini": settings, "users.txt": fmt.Sprintf("%q %q\n", c.User, c.Password)} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-q", filepath.Join(dir, "pool.ini"))
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	c.Port = port
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", c.address())
		if err == nil {
			conn.Close()
			return c
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestAPoolInFrontIsNamed(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name := unique("pooled")
	database(t, c, name, `CREATE TABLE a AS SELECT g, g::money AS m FROM generate_series(1, 500) g; CREATE TABLE b (t text)`)
	c.Databases = []string{name}

	lending := pool(t, c, "transaction")
	steps, _, err := tried(t, lending)
	if last := steps[len(steps)-1]; err == nil || last.Name != "rehearse" || last.Key != "postgres.fail.pool_transaction" {
		t.Errorf("the test of a pool that lends sessions: %s, %v", outcome(steps), err)
	}
	_, err = Dump(t.Context(), lending, time.Now(), newShelf().put, nil)
	wantFailure(t, err, fail.ClassConfig, "postgres.fail.pool_transaction")

	keeping := pool(t, c, "session")
	steps, _, err = tried(t, keeping)
	if last := steps[len(steps)-1]; err != nil || last.Key != "postgres.step.rehearse_pool" {
		t.Fatalf("the test of a pool that keeps sessions: %s, %v", outcome(steps), err)
	}
	_, direct := dump(t, c)
	if _, truth := dump(t, keeping); truth.Rows() != 500 || truth.Databases[0].Tables[0].Hash != direct.Databases[0].Tables[0].Hash {
		t.Errorf("through the pool %+v, without it %+v", truth.Databases[0].Tables, direct.Databases[0].Tables)
	}
}
