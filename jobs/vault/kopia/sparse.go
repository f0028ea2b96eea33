package kopia

import (
	"bytes"
	"os"
)

// hole is the least stretch of zeros that is left out when a file is written:
// what most disks hold as one block.
const hole = 4 << 10

var zeros [hole]byte

// writeSparse writes data at that place but for its zeros, which a new file has
// anyway: a file that was full of holes needs no more room than it did.
func writeSparse(to *os.File, data []byte, at int64) error {
	from := 0 // of the stretch to write
	for i := 0; i <= len(data); i += hole {
		end := min(i+hole, len(data))
		if i < len(data) && !bytes.Equal(data[i:end], zeros[:end-i]) {
			continue
		}
		if from < i {
			if _, err := to.WriteAt(data[from:min(i, len(data))], at+int64(from)); err != nil {
				return err
			}
		}
		from = end
	}
	if from < len(data) {
		_, err := to.WriteAt(data[from:], at+int64(from))
		return err
	}
	return nil
}

// grown makes the file as long as it was.
func grown(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() >= size {
		return err
	}
	return f.Truncate(size)
}
