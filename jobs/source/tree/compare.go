package tree

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/zeebo/blake3"

	"levqor/jobs/fail"
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
		size, hash := sumOf(root, line.Path)
		f.take(line, size, hash)
	}
	return nil
}

// maxName and maxPath are what the disks of Linux take, in bytes.
const maxName, maxPath = 255, 4095

// FitsDisk says whether a disk can hold a file of that path below a folder whose
// own path is that long.
func FitsDisk(path string, below int) bool {
	for name := range strings.SplitSeq(path, "/") {
		if len(name) > maxName {
			return false
		}
	}
	return below+1+len(path) <= maxPath
}

// Stream holds what open gives against the lines, as Compare does. Damage is a
// difference; any other failure to read says nothing, and ends it.
func (f *Found) Stream(ctx context.Context, open func(path string) (io.ReadCloser, error), lines []File) error {
	for _, line := range lines {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if line.Type != TypeFile {
			continue
		}
		body, err := open(line.Path)
		size, hash := int64(-1), ""
		if err == nil {
			size, hash, err = sumAll(body)
			err = errors.Join(err, body.Close())
		}
		if err != nil && fail.ClassOf(err) != fail.ClassDamaged {
			return err
		}
		f.take(line, size, hash)
	}
	return nil
}

func (f *Found) take(line File, size int64, hash string) {
	f.Compared++
	f.Bytes += line.Size
	if line.Hash != "" {
		f.Hashed++
	}
	if size == line.Size && (line.Hash == "" || hash == line.Hash) {
		f.Same++
	} else if len(f.Different) < maxNamed {
		f.Different = append(f.Different, line.Path)
	}
}

// sumOf is -1 for a file that can't be read to its end.
func sumOf(root *os.Root, path string) (size int64, hash string) {
	file, err := root.Open(filepath.FromSlash(kopia.DiskPath(path)))
	if err != nil {
		return -1, ""
	}
	defer file.Close()
	size, hash, _ = sumAll(file)
	return size, hash
}

func sumAll(r io.Reader) (size int64, hash string, err error) {
	sum := blake3.New()
	if size, err = io.Copy(sum, r); err != nil {
		return -1, "", err
	}
	return size, hex.EncodeToString(sum.Sum(nil)), nil
}
