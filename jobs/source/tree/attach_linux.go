package tree

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// special makes a pipe or a device again.
func (a *Attaching) special(parent *os.Root, base string, f File) error {
	kind, known := map[string]uint32{TypePipe: unix.S_IFIFO, TypeChar: unix.S_IFCHR, TypeBlock: unix.S_IFBLK}[f.Type]
	if !known {
		return os.ErrInvalid
	}
	dir, err := parent.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	if a.Live {
		_ = parent.Remove(base)
	}
	if err := unix.Mknodat(int(dir.Fd()), base, kind|0o600, int(f.Special.Device)); err != nil {
		return err
	}
	mode := f.Special.Mode & 0o777
	if a.Owners {
		if err := parent.Lchown(base, int(f.Special.User), int(f.Special.Group)); err != nil {
			return err
		}
		mode = f.Special.Mode
	}
	// Chmod of os.Root opens nothing: a pipe would be waited for.
	if err := unix.Fchmodat(int(dir.Fd()), base, mode, 0); err != nil {
		return err
	}
	stamp := unix.NsecToTimespec(time.Unix(0, f.Modified).UnixNano())
	return unix.UtimesNanoAt(int(dir.Fd()), base, []unix.Timespec{stamp, stamp}, unix.AT_SYMLINK_NOFOLLOW)
}

// setFar sets a time that nanoseconds don't reach.
func setFar(parent *os.Root, base string, seconds int64) error {
	dir, err := parent.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	stamp := unix.Timespec{Sec: seconds}
	return unix.UtimesNanoAt(int(dir.Fd()), base, []unix.Timespec{stamp, stamp}, unix.AT_SYMLINK_NOFOLLOW)
}

// setAttributes sets them on a name in an open folder, and says which it can't.
func setAttributes(parent *os.Root, base string, attrs map[string][]byte) (failed []string) {
	if len(attrs) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(attrs))
	dir, err := parent.Open(".")
	if err != nil {
		return names
	}
	defer dir.Close()
	at := "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + base
	for _, name := range names {
		if err := unix.Lsetxattr(at, name, attrs[name], 0); err != nil {
			failed = append(failed, name)
		}
	}
	return failed
}
