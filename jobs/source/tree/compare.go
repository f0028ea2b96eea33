package tree

import (
	"context"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"github.com/zeebo/blake3"

	"levqor/jobs/vault/kopia"
)

// Found is what a comparison of restored files with their lines says.
type Found struct {
	Compared  int      // files
	Same      int      // of the same size and, where recorded, hash
	Hashed    int      // files that had a hash to compare
	Bytes     int64    // of the compared files, as recorded
	Different []string // paths, the first few
}

// maxNamed is how many differing files are told by name.
const maxNamed = 20

// Compare reads restored files back from below dir and holds them against their
// lines. A difference, a missing file too, is a finding; an error is one of the disk.
func (f *Found) Compare(ctx context.Context, dir string, lines []File) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, line := range lines {
		if line.Type != TypeFile {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f.Compared++
		f.Bytes += line.Size
		size, hash := sumOf(root, line.Path)
		if line.Hash != "" {
			f.Hashed++
		}
		if size == line.Size && (line.Hash == "" || hash == line.Hash) {
			f.Same++
		} else if len(f.Different) < maxNamed {
			f.Different = append(f.Different, line.Path)
		}
	}
	return nil
}

// sumOf is -1 for a file that can't be read to its end.
func sumOf(root *os.Root, path string) (size int64, hash string) {
	file, err := root.Open(filepath.FromSlash(kopia.DiskPath(path)))
	if err != nil {
		return -1, ""
	}
	defer file.Close()
	sum := blake3.New()
	if size, err = io.Copy(sum, file); err != nil {
		return -1, ""
	}
	return size, hex.EncodeToString(sum.Sum(nil))
}
