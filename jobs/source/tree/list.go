package tree

import (
	"bufio"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/zeebo/blake3"
)

// Types of what is in a list.
const (
	TypeDir  = "d"
	TypeFile = ""
	TypeLink = "l"
)

// File is one line of a list. Its names are short because a list has many.
type File struct {
	Path     string `json:"p"`
	Type     string `json:"t,omitempty"`
	Size     int64  `json:"s,omitempty"`
	Modified int64  `json:"m,omitempty"` // nanoseconds since 1970
	Hash     string `json:"h,omitempty"` // BLAKE3 in hex; empty after an interrupted backup, until the next one
	ETag     string `json:"e,omitempty"` // of a bucket's object
	New      bool   `json:"n,omitempty"` // read by the backup that made this list
}

// Write writes the list, sorted by path, and returns what sums it up.
func Write(w io.Writer, files []File) (Truth, error) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	var truth Truth
	sum := blake3.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(w, sum), 256<<10)
	var line []byte
	for _, f := range files {
		switch f.Type {
		case TypeDir:
			truth.Dirs++
		case TypeLink:
			truth.Links++
		default:
			truth.Files++
			truth.Bytes += f.Size
		}
		var err error
		if line, err = appendLine(line[:0], f); err == nil {
			_, err = buffered.Write(line)
		}
		if err != nil {
			return truth, err
		}
	}
	err := buffered.Flush()
	truth.Digest = hex.EncodeToString(sum.Sum(nil))
	return truth, err
}

// cursor is at one file of a list that is being read.
type cursor struct {
	in   lines
	file File
	more bool
}

// files begins to read the files of a list, leaving out folders and links.
func files(r io.Reader) (*cursor, error) {
	c := &cursor{in: newLines(r)}
	return c, c.next()
}

func (c *cursor) next() (err error) {
	for {
		c.file, err = c.in.next()
		c.more = err == nil
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil, c.file.Type == TypeFile:
			return err
		}
	}
}

// Read tells of each line and returns the digest of the whole list.
func Read(r io.Reader, tell func(File) error) (digest string, err error) {
	sum := blake3.New()
	for in := newLines(io.TeeReader(r, sum)); ; {
		f, err := in.next()
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err == nil {
			err = tell(f)
		}
		if err != nil {
			return "", err
		}
	}
}
