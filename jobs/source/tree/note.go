package tree

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// What a backup of files leaves out, each as a locale key with names.
const (
	NoteAttribute = "source.note.attributes_unread"
	NoteOwnName   = "source.note.own_name"
	NoteSocket    = "source.note.sockets"
	NoteTags      = "source.note.tags_unread"
)

// What a restore into a bucket leaves out.
const (
	NoteClass   = "source.note.class_refused"
	NoteLinks   = "source.note.links_left_out"
	NoteSpecial = "source.note.special_left_out"
)

// Leftovers collect names for notes. The zero value is ready.
type Leftovers struct {
	mu    sync.Mutex
	names map[string][]string
	count map[string]int
}

// maxLeft is how many names a note tells; the rest is counted.
const maxLeft = 20

// Left is what was left out for one reason: the first names and how many there are.
type Left struct {
	Key   string
	Names []string
	Count int
}

// Leave notes that a name is left out, or something of it.
func (r *Leftovers) Leave(key, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names == nil {
		r.names, r.count = map[string][]string{}, map[string]int{}
	}
	r.count[key]++
	if len(r.names[key]) < maxLeft {
		r.names[key] = append(r.names[key], strings.ToValidUTF8(name, "�"))
	}
}

// Has reports whether anything is left out for that reason.
func (r *Leftovers) Has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count[key] > 0
}

// Left lists what was left out, in the order of its keys.
func (r *Leftovers) Left() (left []Left) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(r.names)) {
		slices.Sort(r.names[key])
		left = append(left, Left{key, r.names[key], r.count[key]})
	}
	return left
}
