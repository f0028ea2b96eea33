package drill

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// scratch is a folder of one attempt of a drill. A lock beside it tells a sweep
// that its process lives; it falls with the process, however that ends.
type scratch struct {
	dir  string
	lock *os.File
}

// openScratch makes the folder; the server of a drill runs as another user, who
// must be able to pass through.
func openScratch(root string, t task.Task) (*scratch, error) {
	if err := os.MkdirAll(root, 0o711); err != nil {
		return nil, noScratch(err)
	}
	dir := filepath.Join(root, fmt.Sprintf("%s-%d", t.ID, t.Epoch))
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, noScratch(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s := &scratch{dir, lock}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		s.remove()
		return nil, noScratch(err)
	}
	return s, nil
}

func noScratch(err error) error {
	return fail.Work(err, fail.ClassQuota, "drill.fail.no_scratch")
}

// remove leaves nothing of it.
func (s *scratch) remove() error {
	return errors.Join(os.RemoveAll(s.dir), os.Remove(s.lock.Name()), s.lock.Close())
}

// SweepScratch removes what killed workers left on this machine. It is for the
// start of a worker, and for now and then.
func (d *Drills) SweepScratch(ctx context.Context) error {
	entries, err := os.ReadDir(d.scratchRoot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var failed error
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasSuffix(name, ".lock") && ctx.Err() == nil {
			failed = errors.Join(failed, sweepOne(filepath.Join(d.scratchRoot, name)))
		}
	}
	return failed
}

// sweepOne leaves alone what a living process holds.
func sweepOne(dir string) error {
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return lock.Close()
	}
	return (&scratch{dir, lock}).remove()
}
