package embedded

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

const otherUser = "LEVQOR_EMBEDDED_OTHER_USER"

// TestCage is what a stranger could do who had become the server's superuser: read
// and write files, run programs and native code, reach the network, see processes.
func TestCage(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(otherUser)
	if dir == "" {
		dir = openDir(t)
	}
	secret := filepath.Join(dir, "secret") // everybody may read it
	if err := os.WriteFile(secret, []byte("canary"), 0o644); err != nil {
		t.Fatal(err)
	}
	knocked := listener(t)
	s := start(t, Options{Dir: filepath.Join(dir, "pg"), Bin: binaries(t), Fast: true, Caged: true})
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	data := s.folder.data()
	exec := func(sql string) error {
		_, err := conn.Exec(t.Context(), sql)
		return err
	}
	for _, sql := range []string{`CREATE TABLE t (line text)`, `CREATE EXTENSION dblink`, `SELECT lo_from_bytea(4711, pg_read_binary_file((SELECT setting FROM pg_config() WHERE name = 'PKGLIBDIR') || '/pgcrypto.so'))`,
		`SELECT lo_export(4711, '` + data + `/own.so')`} {
		if err := exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for what, c := range map[string]struct{ sql, want string }{
		"a program":                {`COPY t FROM PROGRAM 'id'`, ""},
		"a program for output":     {`COPY t TO PROGRAM 'cat'`, ""},
		"a file that all may read": {`COPY t FROM '` + secret + `'`, "No such file"},
		"the machine's users":      {`SELECT pg_read_file('/etc/shadow')`, "No such file"},
		"its programs":             {`SELECT pg_stat_file('/usr/bin/env')`, "No such file"},
		"its processes":            {`SELECT pg_ls_dir('/proc')`, "No such file"},
		"the password":             {`SELECT pg_read_file('` + filepath.Join(dir, "pg", "password") + `')`, "No such file"},
		"a file of the system":     {`COPY t TO '/usr/lib/canary'`, "Read-only"},
		"native code of its own":   {`LOAD '` + data + `/own.so'`, "failed to map segment"},
		"a call of the network":    {`SELECT dblink_connect('host=127.0.0.1 connect_timeout=2 port=` + knocked.port + `')`, ""},
		"an abstract socket":       {`SELECT dblink_connect('host=@levqor-` + knocked.port + ` port=1')`, ""},
	} {
		if err := exec(c.sql); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// These are its own; nobody else sees what it writes there, nor does it see ours.
	for _, canary := range []string{"/tmp/levqor-canary-" + knocked.port, "/dev/shm/levqor-canary-" + knocked.port, filepath.Join(dir, "canary"), filepath.Join(dir, "pg", "canary")} {
		_ = exec(`COPY t TO '` + canary + `'`)
		if _, err := os.Stat(canary); err == nil {
			t.Errorf("it wrote %s", canary)
		}
	}
	if knocked.hit() {
		t.Error("somebody called")
	}
	if seen := query(t, s.URL("postgres"), `SELECT string_agg(f, ' ' ORDER BY f) FROM pg_ls_dir('/') f WHERE f <> '`+strings.Split(dir, "/")[1]+`'`); !strings.HasPrefix(seen, "dev etc lib") || strings.Contains(seen, "root") || strings.Contains(seen, "home") {
		t.Errorf("it sees %s", seen)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.child.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "CapBnd:\t0000000000000000", "CapAmb:\t0000000000000000", "NSpid:\t" + fmt.Sprint(s.child.Pid) + "\t1"} {
		if !strings.Contains(string(status), line+"\n") {
			t.Errorf("no %q in %s", line, status)
		}
	}
	if os.Geteuid() == 0 && !strings.Contains(string(status), "Uid:\t65534\t65534\t65534\t65534\n") {
		t.Errorf("it is not nobody: %s", status)
	}
}

// TestCageOfAnOrdinaryUser is the same where we are not root.
func TestCageOfAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return // all of it is as an ordinary user then
	}
	const user = 1 // initdb wants one that has a name; this one is everywhere
	dir := openDir(t)
	if err := os.Chown(dir, user, user); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^(TestCage|TestTheCageDiesWithUs)$", "-test.v")
	cmd.Env, cmd.Dir = append(os.Environ(), otherUser+"="+dir, "TMPDIR="+dir), "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestCage ") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestTheCageDiesWithUs: no process of a cage outlives ours.
func TestTheCageDiesWithUs(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "pg")
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestHelperProcess$")
	cmd.Env = append(os.Environ(), "LEVQOR_EMBEDDED_HELPER="+dir, "LEVQOR_EMBEDDED_CAGED=1")
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
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), leaveTime)
	defer cancel()
	for syscall.Kill(pid, 0) == nil && serves(pid, filepath.Join(dir, "data")) {
		if err := pause(ctx, 10e6); err != nil {
			t.Fatalf("process %d is still there", pid)
		}
	}
}

// bell is a port of this machine, and a socket without a file, that tell whether somebody called.
type bell struct {
	port   string
	called chan struct{}
}

func listener(t *testing.T) bell {
	t.Helper()
	b := bell{called: make(chan struct{}, 10)}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, b.port, _ = net.SplitHostPort(tcp.Addr().String())
	abstract, err := net.Listen("unix", "@levqor-"+b.port+"/.s.PGSQL.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []net.Listener{tcp, abstract} {
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conn.Close()
				b.called <- struct{}{}
			}
		}()
	}
	return b
}

func (b bell) hit() bool {
	select {
	case <-b.called:
		return true
	default:
		return false
	}
}
