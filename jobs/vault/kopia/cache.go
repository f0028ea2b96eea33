package kopia

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// DropCache removes what a vault's CacheDir holds of its contents and indexes: what
// once arrived altered is kept there as it came. Others may use the folder meanwhile.
func DropCache(dir string) error {
	var failed error
	for _, part := range []string{"contents", "metadata", "indexes", "index-blobs"} {
		held, err := os.ReadDir(filepath.Join(dir, part))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
		for _, e := range held {
			failed = errors.Join(failed, os.RemoveAll(filepath.Join(dir, part, e.Name())))
		}
	}
	return failed
}
