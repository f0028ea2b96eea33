package postgres

import (
	"bytes"
	"errors"
)

// maxStatement bounds what a hostile stream can make us hold.
const maxStatement = 32 << 20

var errStatementTooLong = errors.New("a statement of the dump has no end")

// statement gathers lines of pg_dump's data output, outside of COPY, until one
// ends a statement outside of quotes: a table's name may hold a newline.
type statement struct {
	text  []byte
	quote byte
}

// add takes one line with its newline and reports whether the statement is complete.
func (s *statement) add(line []byte) (bool, error) {
	if len(s.text) == 0 && skippable(line) {
		return false, nil
	}
	if len(s.text)+len(line) > maxStatement {
		return false, errStatementTooLong
	}
	s.text = append(s.text, line...)
	s.quote = quoteAfter(s.quote, line)
	return s.quote == 0 && bytes.HasSuffix(line, []byte(";\n")), nil
}

// take returns the statement without its last newline and begins the next one.
func (s *statement) take() string {
	text := string(bytes.TrimSuffix(s.text, []byte("\n")))
	s.text = s.text[:0]
	return text
}

// skippable lines stand between statements: blank ones, comments, and psql's
// own \restrict and \unrestrict.
func skippable(line []byte) bool {
	return len(line) == 1 || line[0] == '\\' || bytes.HasPrefix(line, []byte("--"))
}

// quoteAfter is the quote that is open after the line, 0 for none. pg_dump
// doubles a quote inside quotes, which closes and opens it again.
func quoteAfter(quote byte, line []byte) byte {
	for {
		if quote != 0 {
			end := bytes.IndexByte(line, quote)
			if end < 0 {
				return quote
			}
			line, quote = line[end+1:], 0
			continue
		}
		start := bytes.IndexAny(line, `'"`)
		if comment := bytes.Index(line, []byte("--")); start < 0 || comment >= 0 && comment < start {
			return 0
		}
		quote, line = line[start], line[start+1:]
	}
}
