//go:build !linux

package embedded

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// spawn starts a child, and a watchdog that signals it when this process ends:
// its input is a pipe that only we hold open.
func spawn(cmd *exec.Cmd, sig syscall.Signal) (chan struct{}, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	watchdog := exec.Command("/bin/sh", "-c", `read _; kill -"$1" "$0"`, strconv.Itoa(cmd.Process.Pid), strconv.Itoa(int(sig)))
	watchdog.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := watchdog.StdinPipe()
	if err == nil {
		err = watchdog.Start()
	}
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		cmd.Wait()
		watchdog.Process.Kill()
		watchdog.Wait()
		input.Close()
		close(done)
	}()
	return done, nil
}

// serves reports whether the process is a Postgres server; its folder can't be told here.
func serves(pid int, _ string) bool {
	out, err := exec.Command("ps", "-o", "comm=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "postgres")
}
