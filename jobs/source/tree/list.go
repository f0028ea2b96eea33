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
	// Special ones stand in the list alone: a snapshot's own format has none.
	TypePipe  = "p"
	TypeChar  = "c" // a character device
	TypeBlock = "b" // a block device
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

	Content string            `json:"c,omitempty"` // an object's Content-Type
	Object  *Object           `json:"o,omitempty"` // what else an object was stored with
	Link    string            `json:"l,omitempty"` // the path of the first name of the same file (hard link)
	Attrs   map[string][]byte `json:"x,omitempty"` // extended attributes and access lists of a disk
	Special *Special          `json:"i,omitempty"`
	Far     int64             `json:"y,omitempty"` // modified, in seconds since 1970, where nanoseconds don't reach
}

// Object is what an object of a bucket was stored with beside its bytes.
type Object struct {
	Headers map[string]string `json:"h,omitempty"` // Cache-Control, Content-Disposition, Content-Encoding, Content-Language, Expires
	Meta    map[string]string `json:"u,omitempty"` // x-amz-meta-*, without that prefix
	Tags    map[string]string `json:"t,omitempty"`
	Class   string            `json:"s,omitempty"` // of storage; empty: the usual one
}

// Special is how to make a pipe or a device again.
type Special struct {
	Mode   uint32 `json:"m"` // permissions
	User   uint32 `json:"u,omitempty"`
	Group  uint32 `json:"g,omitempty"`
	Device uint64 `json:"d,omitempty"`
}

// Write writes the list, sorted by path, and returns what sums it up.
func Write(w io.Writer, files []File) (Truth, error) {
	sortFiles(files)
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
		case TypePipe, TypeChar, TypeBlock:
			truth.Special++
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

func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
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
