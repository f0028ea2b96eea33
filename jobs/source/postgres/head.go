package postgres

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Head is the first rows of a table as a backup holds them.
type Head struct {
	Columns []string
	Rows    [][]Value
	Far     bool // they lie too deep in their object to be shown at once
}

// Value is one field of a row as text, long ones cut.
type Value struct {
	Text string
	Null bool
	Cut  bool
}

const (
	farAway   = 64 << 20
	longValue = 200
	longRow   = 1 << 20
)

// ReadHead reads the first rows of a table out of an object of data.
func ReadHead(ctx context.Context, r io.Reader, schema, table string, rows int) (Head, error) {
	near := &io.LimitedReader{R: r, N: farAway}
	from := newDumpText(near)
	for ctx.Err() == nil {
		text, err := from.statement()
		if err == io.EOF || errors.Is(err, errCutOff) {
			return Head{Far: near.N <= 0}, nil
		}
		if err != nil {
			return Head{}, err
		}
		at, name, isCopy := copyTarget(text)
		if !isCopy {
			continue
		}
		body := &copyRows{from: from.r, lineStart: true}
		if at == schema && name == table {
			return headOf(text, body, rows)
		}
		if _, err := io.Copy(io.Discard, body); errors.Is(err, errCutOff) {
			return Head{Far: near.N <= 0}, nil
		} else if err != nil {
			return Head{}, err
		}
	}
	return Head{}, ctx.Err()
}

func headOf(statement string, body io.Reader, rows int) (Head, error) {
	head := Head{Columns: columnsOf(statement)}
	lines := bufio.NewReaderSize(body, longRow)
	for len(head.Rows) < rows {
		line, err := lines.ReadSlice('\n')
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return Head{}, err
		}
		var row []Value
		for field := range strings.SplitSeq(strings.TrimSuffix(string(line), "\n"), "\t") {
			row = append(row, valueOf(field))
		}
		head.Rows = append(head.Rows, row)
		if err != nil { // the rest of a row too long to hold is not looked for
			break
		}
	}
	return head, nil //nolint:nilerr // what was read is shown
}

// columnsOf reads the names between the brackets of a COPY statement.
func columnsOf(statement string) (names []string) {
	_, rest, _ := cutIdent(strings.TrimPrefix(statement, "COPY "))
	_, rest, _ = cutIdent(strings.TrimPrefix(rest, "."))
	rest, ok := strings.CutPrefix(rest, " (")
	for ok {
		rest = strings.TrimPrefix(rest, ", ")
		var name string
		if name, rest, ok = cutColumn(rest); ok {
			names = append(names, name)
			ok = strings.HasPrefix(rest, ", ")
		}
	}
	return names
}

func cutColumn(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		return cutIdent(s)
	}
	end := strings.IndexAny(s, ",)")
	if end <= 0 {
		return "", "", false
	}
	return s[:end], s[end:], true
}

var unescape = strings.NewReplacer(`\\`, `\`, `\b`, "\b", `\f`, "\f", `\n`, "\n", `\r`, "\r", `\t`, "\t", `\v`, "\v")

func valueOf(field string) Value {
	if field == `\N` {
		return Value{Null: true}
	}
	v := Value{Text: strings.ToValidUTF8(unescape.Replace(field[:min(len(field), 2*longValue)]), "�")}
	if utf8.RuneCountInString(v.Text) > longValue || len(field) > 2*longValue {
		runes := []rune(v.Text)
		v.Text, v.Cut = string(runes[:min(longValue, len(runes))]), true
	}
	return v
}
