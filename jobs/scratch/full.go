package scratch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"levqor/jobs/fail"
)

// IsFull reports whether err says that a disk of this machine holds no more.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// Full is the failure of a disk that holds no more: key's words are given the folder
// that err names, else fallback, and how much is free there.
func Full(err error, key, fallback string) *fail.Error {
	place := fallback
	if named, ok := errors.AsType[*fs.PathError](err); ok && filepath.IsAbs(named.Path) {
		place = filepath.Dir(named.Path)
	}
	return fail.Work(err, fail.ClassQuota, key, "place", place, "free", freeMegabytes(place))
}

// freeMegabytes is what the disk under the nearest folder that exists has left.
func freeMegabytes(dir string) int64 {
	var stat syscall.Statfs_t
	for syscall.Statfs(dir, &stat) != nil {
		parent := filepath.Dir(dir)
		if parent == dir {
			return 0
		}
		dir = parent
	}
	return int64(stat.Bavail) * int64(stat.Bsize) >> 20 //nolint:unconvert // Bsize has another type elsewhere
}

// FullTemp is Full of this process's folder for temporary files.
func FullTemp(err error) *fail.Error { return Full(err, "task.fail.disk_full", os.TempDir()) }
