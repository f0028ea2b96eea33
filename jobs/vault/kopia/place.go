package kopia

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"levqor/jobs/fail"
)

// single is a name that stays in its folder.
func single(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// enter makes and opens a folder, and refuses a link in its place: os.Root keeps
// links from leading out, this keeps them from leading elsewhere inside.
func enter(at *os.Root, name string) (*os.Root, error) {
	if err := at.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	info, err := at.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "mkdir", Path: name, Err: fs.ErrExist}
	}
	return at.OpenRoot(name)
}

// finish gives a restored file or folder its owner, mode and time. A folder's
// come last: writing into it would change its time, and its mode may forbid it.
func (t *restoring) finish(at *os.Root, name string, e Entry) error {
	mode := e.Mode.Perm()
	if t.opt.Owners {
		if err := at.Lchown(name, int(e.raw.UserID), int(e.raw.GroupID)); err != nil {
			return writing(err, e.Path)
		}
		mode = e.Mode &^ fs.ModeType
	}
	if err := at.Chmod(name, mode); err != nil {
		return writing(err, e.Path)
	}
	if err := at.Chtimes(name, e.Modified, e.Modified); err != nil {
		return writing(err, e.Path)
	}
	return nil
}

func (t *restoring) link(ctx context.Context, at *os.Root, e Entry) error {
	if err := t.r.readlink(ctx, &e); err != nil {
		return err
	}
	name := diskName(e.Name)
	if t.opt.Overwrite {
		if err := at.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return writing(err, e.Path)
		}
	}
	if err := at.Symlink(e.Link, name); err != nil {
		return writing(err, e.Path)
	}
	if t.opt.Owners {
		if err := at.Lchown(name, int(e.raw.UserID), int(e.raw.GroupID)); err != nil {
			return writing(err, e.Path)
		}
	}
	if err := setLinkTime(at, name, e.Modified); err != nil {
		return writing(err, e.Path)
	}
	t.counted(Restored{Links: 1})
	return nil
}

// setLinkTime sets the time of a link itself.
func setLinkTime(at *os.Root, name string, to time.Time) error {
	dir, err := at.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	stamp, err := unix.TimeToTimespec(to)
	if err != nil {
		return err
	}
	return unix.UtimesNanoAt(int(dir.Fd()), name, []unix.Timespec{stamp, stamp}, unix.AT_SYMLINK_NOFOLLOW)
}

// writing is a failure of the place that is restored to.
func writing(err error, name string) error {
	switch {
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTEMPTY), errors.Is(err, syscall.EISDIR):
		e := fail.Work(err, fail.ClassConfig, "vault.fail.in_the_way", "path", name)
		e.Kind = fail.Conflict
		return e
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fail.Work(err, fail.ClassQuota, "vault.fail.target_full", "path", name)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fail.Work(err, fail.ClassCredentials, "vault.fail.target_denied", "path", name)
	case errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.EILSEQ), errors.Is(err, syscall.EINVAL):
		return fail.Work(err, fail.ClassConfig, "vault.fail.target_name", "path", name)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fail.Work(err, fail.ClassGone, "vault.fail.target_gone", "path", name)
	}
	return err
}

// RestoreRoot gives dir, into which a whole snapshot was restored, the mode and
// time of the snapshot's own folder, and its owner where owners is set.
func (r *Repository) RestoreRoot(ctx context.Context, id, dir string, owners bool) error {
	e, err := r.Stat(ctx, id, ".")
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return writing(err, dir)
	}
	defer root.Close()
	t := &restoring{opt: RestoreOptions{Owners: owners}}
	return t.finish(root, ".", e)
}
