package postgres

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// tally is what a stream held of one table: its rows, and the sum of their
// 128-bit hashes, which does not depend on their order.
type tally struct {
	rows   int64
	hi, lo uint64
}

func (t *tally) add(h xxh3.Uint128) {
	var carry uint64
	t.rows++
	t.lo, carry = bits.Add64(t.lo, h.Lo, 0)
	t.hi, _ = bits.Add64(t.hi, h.Hi, carry)
}

func (t *tally) hash() string { return fmt.Sprintf("%016x%016x", t.hi, t.lo) }

type tableKey struct{ schema, name string }

// scanner counts and hashes the rows of pg_dump's plain data output while it
// flows by. It keeps no row, however long.
type scanner struct {
	tables   map[tableKey]*tally
	current  tableKey
	rows     int64
	finished int // tables that have passed in full

	besides
	copying *tally // the table whose rows are passing, nil between tables
	sql     statement
	line    []byte      // the begun line, between tables
	row     xxh3.Hasher // the begun row
	rowLen  int
	rowHead [2]byte
}

func newScanner() *scanner {
	return &scanner{tables: map[tableKey]*tally{}, besides: besides{sequences: map[string]Sequence{}}}
}

var (
	errCutOff      = errors.New("the dump ends in the middle of a table")
	errUnknownCopy = errors.New("a COPY of the dump names no table")
)

// Write takes the next piece; pieces may end anywhere.
func (s *scanner) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		var err error
		if s.copying != nil {
			p = s.takeRows(p)
		} else if p, err = s.takeLine(p); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// close says whether the stream ended where a dump ends.
func (s *scanner) close() error {
	if s.copying != nil || len(s.line) > 0 || len(s.sql.text) > 0 {
		return errCutOff
	}
	return nil
}

func (s *scanner) takeRows(p []byte) []byte {
	if s.rowLen > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			s.beginRow(p)
			return nil
		}
		s.beginRow(p[:end])
		p = p[end+1:]
		last := s.rowLen == 2 && s.rowHead == [2]byte{'\\', '.'}
		if !last {
			s.copying.add(s.row.Sum128())
			s.rows++
		}
		s.rowLen = 0
		if last {
			return s.endTable(p)
		}
	}
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			s.row.Reset()
			s.beginRow(p)
			break
		}
		row := p[:end]
		p = p[end+1:]
		if len(row) == 2 && row[0] == '\\' && row[1] == '.' {
			return s.endTable(p)
		}
		s.copying.add(xxh3.Hash128(row))
		s.rows++
	}
	return nil
}

func (s *scanner) endTable(rest []byte) []byte {
	s.copying = nil
	s.finished++
	return rest
}

func (s *scanner) beginRow(part []byte) {
	for i := 0; i < len(part) && s.rowLen+i < len(s.rowHead); i++ {
		s.rowHead[s.rowLen+i] = part[i]
	}
	_, _ = s.row.Write(part)
	s.rowLen += len(part)
}

func (s *scanner) takeLine(p []byte) ([]byte, error) {
	end := bytes.IndexByte(p, '\n')
	if end < 0 {
		if len(s.line)+len(p) > maxStatement {
			return nil, errStatementTooLong
		}
		s.line = append(s.line, p...)
		return nil, nil
	}
	line := p[:end+1]
	if len(s.line) > 0 {
		s.line = append(s.line, line...)
		line, s.line = s.line, s.line[:0]
	}
	complete, err := s.sql.add(line)
	if err != nil || !complete {
		return p[end+1:], err
	}
	if !bytes.HasPrefix(s.sql.text, []byte("COPY ")) {
		err := s.take(s.sql.text)
		s.sql.text = s.sql.text[:0]
		return p[end+1:], err
	}
	schema, name, ok := copyTarget(s.sql.take())
	if !ok {
		return nil, errUnknownCopy
	}
	key := tableKey{schema, name}
	if s.tables[key] == nil {
		s.tables[key] = &tally{}
	}
	s.copying, s.current = s.tables[key], key
	return p[end+1:], nil
}
