package postgres

import (
	"os"

	"golang.org/x/sys/unix"
)

// widen gives a pipe the most that an unprivileged process may ask for: fewer
// switches between a program that writes and us.
func widen(pipe *os.File) (wide bool) {
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			size, err := unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20)
			wide = err == nil && size >= 1<<20
		})
	}
	return wide
}
