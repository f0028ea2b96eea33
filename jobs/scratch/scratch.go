// Package scratch gives work a folder for what it keeps on disk meanwhile. What
// a killed process leaves is known by its lock, which fell with it.
package scratch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Space is a folder of this process's own. A lock beside it tells a sweep that
// the process lives; it falls with the process, however that ends.
type Space struct {
	Dir  string
	lock *os.File
}

// Open makes the folder root/name. Servers run as another user, who can pass
// through it.
func Open(root, name string) (*Space, error) {
	if err := os.MkdirAll(root, 0o711); err != nil {
		return nil, err
	}
	dir := filepath.Join(root, name)
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s := &Space{dir, lock}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// Remove leaves nothing of it.
func (s *Space) Remove() error {
	return errors.Join(os.RemoveAll(s.Dir), os.Remove(s.lock.Name()), s.lock.Close())
}

// Sweep removes what killed processes left below root.
func Sweep(ctx context.Context, root string) error {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var failed error
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasSuffix(name, ".lock") && ctx.Err() == nil {
			failed = errors.Join(failed, sweep(filepath.Join(root, name)))
		}
	}
	return failed
}

// sweep leaves alone what a living process holds.
func sweep(dir string) error {
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return lock.Close()
	}
	return (&Space{dir, lock}).Remove()
}
