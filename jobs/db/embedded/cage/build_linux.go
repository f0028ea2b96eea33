package cage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// system is what programs need of the machine to run at all: libraries and their
// data. There is no shell and no other program among it.
var system = []string{
	"/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/share",
	"/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl/openssl.cnf",
}

var devices = []string{"/dev/full", "/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"}

const (
	stage = "/tmp" // exists everywhere; what is below it is seen through old again
	old   = "/old"
	fresh = "/new"
	quiet = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
)

// build makes a file tree of what is allowed and steps into it; nothing of the old
// one can be reached afterwards.
func build(s Spec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("own mounts: %w", err)
	}
	if err := unix.Mount("tmpfs", stage, "tmpfs", quiet, "size=1m,mode=0755"); err != nil {
		return fmt.Errorf("own file system: %w", err)
	}
	if err := errors.Join(os.Mkdir(stage+old, 0o755), os.Mkdir(stage+fresh, 0o755)); err != nil {
		return err
	}
	if err := unix.PivotRoot(stage, stage+old); err != nil {
		return fmt.Errorf("own root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := unix.Mount(fresh, fresh, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("own root: %w", err)
	}
	if err := furnish(s); err != nil {
		return err
	}
	if err := unix.Unmount(old, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave the old root: %w", err)
	}
	if err := os.Chdir(fresh); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("enter the new root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave the stage: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	return restrict("/", 0, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
}

func furnish(s Spec) error {
	for path, options := range map[string]string{"/tmp": "size=64m,mode=1777", "/dev/shm": "size=1g,mode=1777"} {
		if err := os.MkdirAll(fresh+path, 0o755); err != nil {
			return err
		}
		if err := unix.Mount("tmpfs", fresh+path, "tmpfs", quiet, options); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	for _, path := range devices {
		if err := show(path, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC); err != nil {
			return err
		}
	}
	for _, path := range append(system, s.Read...) {
		if err := show(path, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV); err != nil {
			return err
		}
	}
	for _, path := range s.Write {
		if err := show(path, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC); err != nil {
			return err
		}
	}
	return os.WriteFile(fresh+"/etc/passwd", []byte(fmt.Sprintf("nobody:x:%d:%d:nobody:/:/nonexistent\n", nobody, nobody)), 0o644)
}

// show makes a path of the old tree stand in the new one; what is not there is left out.
func show(path string, attributes uint64) error {
	info, err := os.Lstat(old + path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	at := fresh + path
	if _, err := os.Lstat(at); err == nil && !info.IsDir() {
		return nil // in a folder that is shown already
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0: // /lib is one to usr/lib
		to, err := os.Readlink(old + path)
		if err != nil {
			return err
		}
		return os.Symlink(to, at)
	case info.IsDir():
		err = os.MkdirAll(at, 0o755)
	default:
		err = os.WriteFile(at, nil, 0o644)
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(old+path, at, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return restrict(at, unix.AT_RECURSIVE, attributes)
}

func restrict(path string, flags uint, attributes uint64) error {
	if err := unix.MountSetattr(unix.AT_FDCWD, path, flags, &unix.MountAttr{Attr_set: attributes}); err != nil {
		return fmt.Errorf("restrict %s: %w", path, err)
	}
	return nil
}
