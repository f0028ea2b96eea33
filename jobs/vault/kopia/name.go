package kopia

import (
	"strings"
	"unicode/utf8"
)

// kopia keeps names as JSON, which loses bytes that are no UTF-8. A disk may
// hold such names, so each such byte becomes a rune of a private range, and a
// rune of that range becomes its bytes': names come back byte for byte.
const private = 0x10FF00

func storedName(onDisk string) string {
	if plain(onDisk) {
		return onDisk
	}
	var b strings.Builder
	for i := 0; i < len(onDisk); {
		r, n := utf8.DecodeRuneInString(onDisk[i:])
		if r == utf8.RuneError && n == 1 || r >= private {
			for _, c := range []byte(onDisk[i : i+n]) {
				b.WriteRune(private + rune(c))
			}
		} else {
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

func diskName(stored string) string {
	if plain(stored) {
		return stored
	}
	var b strings.Builder
	for _, r := range stored {
		if r >= private {
			b.WriteByte(byte(r - private))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func plain(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return r >= private })
}

// DiskPath is where RestoreTo puts the entry of that path, below its folder.
func DiskPath(path string) string { return diskName(path) }
