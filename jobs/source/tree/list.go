package tree

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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
	out := json.NewEncoder(buffered)
	out.SetEscapeHTML(false)
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
		if err := out.Encode(f); err != nil {
			return truth, err
		}
	}
	err := buffered.Flush()
	truth.Digest = hex.EncodeToString(sum.Sum(nil))
	return truth, err
}

// cursor is at one file of a list that is being read.
type cursor struct {
	in   *json.Decoder
	file File
	more bool
}

// files begins to read the files of a list, leaving out folders and links.
func files(r io.Reader) (*cursor, error) {
	c := &cursor{in: json.NewDecoder(bufio.NewReaderSize(r, 256<<10))}
	return c, c.next()
}

func (c *cursor) next() error {
	for {
		c.file = File{}
		err := c.in.Decode(&c.file)
		c.more = err == nil
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the list of files: %w", err)
		case c.file.Type == TypeFile:
			return nil
		}
	}
}

// Read tells of each line and returns the digest of the whole list.
func Read(r io.Reader, tell func(File) error) (digest string, err error) {
	sum := blake3.New()
	in := json.NewDecoder(io.TeeReader(r, sum))
	for {
		var f File
		err := in.Decode(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = tell(f)
		}
		if err != nil {
			return "", fmt.Errorf("read the list of files: %w", err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
