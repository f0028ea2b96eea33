package kopia

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxAttrs bounds the extended attributes of one file, in bytes.
const maxAttrs = 256 << 10

// attributes reads the extended attributes of a name in an open folder, access
// lists among them, and says which can't be read. Links are not followed.
func attributes(dir *os.File, name string) (found map[string][]byte, unread []string) {
	at := "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + name
	size, err := unix.Llistxattr(at, nil)
	if err != nil || size == 0 || size > maxAttrs {
		if size > maxAttrs {
			unread = []string{"*"}
		}
		return nil, unread
	}
	names := make([]byte, size)
	if size, err = unix.Llistxattr(at, names); err != nil {
		return nil, []string{"*"}
	}
	left := maxAttrs
	for attr := range strings.SplitSeq(strings.TrimRight(string(names[:size]), "\x00"), "\x00") {
		if attr == "" || attr == "security.selinux" { // the place decides that one
			continue
		}
		value, err := attribute(at, attr, left)
		if errors.Is(err, unix.ENODATA) {
			continue
		}
		if err != nil {
			unread = append(unread, attr)
			continue
		}
		if found == nil {
			found = map[string][]byte{}
		}
		found[attr] = value
		left -= len(value)
	}
	return found, unread
}

func attribute(at, name string, most int) ([]byte, error) {
	size, err := unix.Lgetxattr(at, name, nil)
	if err != nil {
		return nil, err
	}
	if size > most {
		return nil, unix.E2BIG
	}
	value := make([]byte, size)
	size, err = unix.Lgetxattr(at, name, value)
	return value[:max(size, 0)], err
}
