package cage

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// The one init of the house: any program that may make a cage is started again
// under another name to become it, a test's program too, and must not begin with
// its own work then.
func init() {
	if len(os.Args) != 2 || os.Args[0] != childName {
		return
	}
	runtime.LockOSThread()
	if err := enter(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "cage:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// enter locks this process in and becomes the program; it returns only when that
// failed, or when there is no program, for Check.
func enter(text string) error {
	var s Spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	// Without this, native code could make namespaces in which it has every right,
	// and try the kernel's seldom used parts. Not every kernel lets us: it is the second bolt.
	_ = os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0)
	if err := build(s); err != nil {
		return err
	}
	if err := limit(); err != nil {
		return err
	}
	if err := disarm(); err != nil {
		return err
	}
	if s.Program == "" {
		return nil
	}
	if err := os.Chdir(s.Dir); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", s.Program, syscall.Exec(s.Program, append([]string{s.Program}, s.Args...), s.Env))
}

// Bounds of each process. Files and memory of a real server stay well below; a
// function that asks for more gets an error of its own.
const (
	maxFiles     = 4096
	maxProcesses = 256
	maxData      = 4 << 30
)

func limit() error {
	var failed error
	for resource, most := range map[int]uint64{
		unix.RLIMIT_CORE: 0, unix.RLIMIT_DATA: maxData, unix.RLIMIT_MEMLOCK: 0, unix.RLIMIT_MSGQUEUE: 0,
		unix.RLIMIT_NOFILE: maxFiles, unix.RLIMIT_NPROC: maxProcesses,
	} {
		failed = errors.Join(failed, syscall.Setrlimit(resource, &syscall.Rlimit{Cur: most, Max: most}))
	}
	return failed
}

// disarm gives up every right over the namespaces, and that to get any again.
func disarm() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("ambient capabilities: %w", err)
	}
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("capability %d: %w", c, err)
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	return nil
}
