package kopia

import "strings"

// A bucket's keys are no paths: they may hold empty parts and dots, end in a
// slash, or be an object and the beginning of others at once. Such parts are
// spelled out with a percent sign, so that every key has one path and comes back.
const (
	dotPart   = "%d"
	emptyPart = "%e"
	bothMark  = "%s" // ends the later of a folder and an object that share a name
)

func keyPath(key string) string {
	parts := strings.Split(strings.ReplaceAll(key, "%", "%%"), "/")
	for i, p := range parts {
		switch p {
		case "":
			parts[i] = emptyPart
		case ".":
			parts[i] = dotPart
		case "..":
			parts[i] = dotPart + dotPart
		}
	}
	return strings.Join(parts, "/")
}

// KeyOf is the object key that the path of an Items file stands for, relative
// to the folder that they were stored in.
func KeyOf(path string) string {
	var key strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '%' || i+1 == len(path) {
			key.WriteByte(path[i])
			continue
		}
		i++
		switch path[i] {
		case '%':
			key.WriteByte('%')
		case 'd':
			key.WriteByte('.')
		}
	}
	return key.String()
}

// PathOf is the path that an object of that key gets, unless a folder has it.
func PathOf(key string) string { return keyPath(key) }
