package postgres

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"
)

// besides is what a stream of data holds besides rows: where sequences stand,
// and large objects.
type besides struct {
	sequences map[string]Sequence
	objects   tally
	hasher    xxh3.Hasher // of the large object that passes
}

var (
	setval  = []byte("SELECT pg_catalog.setval('")
	loOpen  = []byte("SELECT pg_catalog.lo_open('")
	loWrite = []byte(`SELECT pg_catalog.lowrite(0, '\x`)
	loClose = []byte("SELECT pg_catalog.lo_close(")

	errUnknownSetval = errors.New("a setval of the dump can't be read")
)

// take reads one statement that is no COPY. The pieces that pg_dump cuts a large
// object into don't change its hash.
func (b *besides) take(statement []byte) error {
	switch {
	case bytes.HasPrefix(statement, setval):
		q, ok := sequenceOf(string(statement[len(setval):]))
		if !ok {
			return errUnknownSetval
		}
		b.sequences[q.Name] = q
	case bytes.HasPrefix(statement, loOpen):
		oid, _, _ := bytes.Cut(statement[len(loOpen):], []byte("'"))
		b.hasher.Reset()
		_, _ = b.hasher.Write(oid)
		_, _ = b.hasher.WriteString(":")
	case bytes.HasPrefix(statement, loWrite):
		text, _, _ := bytes.Cut(statement[len(loWrite):], []byte("'"))
		_, _ = b.hasher.Write(text)
	case bytes.HasPrefix(statement, loClose):
		b.objects.add(b.hasher.Sum128())
	}
	return nil
}

// sequenceOf reads the rest of setval('name', 42, true);
func sequenceOf(rest string) (q Sequence, ok bool) {
	end := strings.LastIndex(rest, "', ")
	if end < 0 {
		return q, false
	}
	q.Name = readable(strings.ReplaceAll(rest[:end], "''", "'"))
	value, called, ok := strings.Cut(rest[end+3:], ", ")
	q.Called = strings.HasPrefix(called, "true")
	last, err := strconv.ParseInt(value, 10, 64)
	q.Last = last
	return q, ok && err == nil
}
