package folder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"levqor/jobs/fail"
)

// Validate names every wrong field at once.
func (c Config) Validate() error {
	var form fail.Form
	form.Check(len(c.Exclude) <= 200, "exclude", "source.field.exclude_many")
	for _, pattern := range c.Exclude {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" || strings.ContainsRune(pattern, 0) {
			form.Add("exclude", "source.field.exclude", "pattern", pattern)
		}
	}
	return form.Err()
}

// Exists is a failure of class gone, credentials or config unless dir is a
// folder that can be opened.
func Exists(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return fail.Work(nil, fail.ClassConfig, "source.fail.not_folder", "path", dir)
	}
	return classify(err, dir)
}

// Survey is what a look through a folder found.
type Survey struct {
	Files int64
	Bytes int64
	More  bool // the look ended early: there is at least this much
}

// maxLooked bounds a look: a test is waited for.
const maxLooked = 200_000

// Look opens everything below dir, without reading it, until ctx ends or enough
// was seen. The first that can't be opened is the failure, as it would be of a backup.
func Look(ctx context.Context, dir string, excluded func(rel string, dir bool) bool) (s Survey, err error) {
	looked := 0
	err = filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(dir, at)
		if relErr == nil && rel != "." && d != nil && excluded(filepath.ToSlash(rel), d.IsDir()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if err != nil {
			return gone(err, rel)
		}
		if looked++; looked > maxLooked || ctx.Err() != nil {
			s.More = true
			return fs.SkipAll
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return s.file(at, rel)
	})
	return s, err
}

func (s *Survey) file(at, rel string) error {
	// A name that became a pipe meanwhile must not be waited for.
	f, err := os.OpenFile(at, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return gone(err, rel)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return gone(err, rel)
	}
	s.Files++
	s.Bytes += info.Size()
	return nil
}

// gone forgives what was removed since it was listed.
func gone(err error, rel string) error {
	if errors.Is(err, fs.ErrNotExist) && rel != "." {
		return nil
	}
	return classify(err, rel)
}

func classify(err error, name string) error {
	name = strings.ToValidUTF8(name, "�")
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fail.Work(err, fail.ClassGone, "source.fail.folder_gone", "path", name)
	case errors.Is(err, fs.ErrPermission):
		return fail.Work(err, fail.ClassCredentials, "source.fail.folder_denied", "path", name)
	}
	return fail.Work(err, fail.ClassTransient, "source.fail.folder_unreadable", "path", name)
}
