package cage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// nobody is who the program is inside, and where we are root, outside too.
const nobody = 65534

// User owns the folders of a cage: nobody where we are root, nil (we ourselves)
// where not.
func User() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.Credential{Uid: nobody, Gid: nobody}
}

// command starts our own program again, as nobody in a fresh set of namespaces,
// with only the rights over these that it needs to lock itself in: see enter.
func command(spec string) (*exec.Cmd, error) {
	uid, gid := os.Geteuid(), os.Getegid()
	inside := &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: true}
	root := uid == 0
	if root {
		uid, gid, inside.NoSetGroups = nobody, nobody, false
	}
	cmd := exec.Command("/proc/self/exe", spec) //nolint:noctx // whoever starts it decides how long it lives
	cmd.Args[0] = childName
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:                    true,
		Cloneflags:                 unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		UidMappings:                []syscall.SysProcIDMap{{ContainerID: nobody, HostID: uid, Size: 1}},
		GidMappings:                []syscall.SysProcIDMap{{ContainerID: nobody, HostID: gid, Size: 1}},
		GidMappingsEnableSetgroups: root,
		Credential:                 inside,
		AmbientCaps:                []uintptr{unix.CAP_SETPCAP, unix.CAP_SYS_ADMIN, unix.CAP_SYS_RESOURCE},
	}
	return cmd, nil
}

// checkTime is long: it is one fork, on a machine that may be busy.
const checkTime = 30 * time.Second

// Check makes a cage and leaves it at once. ErrRefused, with the reason, where this
// machine does not let us: a container without user namespaces, or a hardened kernel.
func Check(ctx context.Context) error {
	cmd, err := Command(Spec{Dir: "/"})
	if err != nil {
		return err
	}
	cmd.Env = []string{}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	if err := cmd.Wait(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("%w: %s", ErrRefused, strings.TrimSpace(said.String())))
	}
	return nil
}
