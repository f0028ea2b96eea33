package embedded

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// spawn starts a child that gets sig when this process ends. The kernel ties
// that to the thread that forked, so one thread is kept for it.
func spawn(cmd *exec.Cmd, sig syscall.Signal) (chan struct{}, error) {
	done, started := make(chan struct{}), make(chan error)
	cmd.SysProcAttr.Pdeathsig = sig
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is read from its log
			close(done)
		}
	}()
	return done, <-started
}

// serves reports whether the process works in that data folder, as a server does.
func serves(pid int, data string) bool {
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil && dir == data
}
