package cage

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

const hardened = "LEVQOR_CAGE_HARDENED"

// TestCheck: this machine lets us. Where one does not, here a process that may make
// no namespaces, it says so and nothing starts.
func TestCheck(t *testing.T) {
	t.Parallel()
	if os.Getenv(hardened) != "" {
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			t.Fatal(err)
		}
		if err := Check(t.Context()); !errors.Is(err, ErrRefused) {
			t.Errorf("got %v", err)
		}
		return
	}
	if err := Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestCheck$", "-test.v")
	cmd.Env = append(os.Environ(), hardened+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestCheck") {
		t.Errorf("%v: %s", err, out)
	}
}
