package tree

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A backup writes one list and reads another, each with a line for every file.
// Lines are what encoding/json makes of a File; the usual ones are made and read
// here, several times as fast, and the odd ones left to it.

func appendLine(b []byte, f File) ([]byte, error) {
	if f.Object != nil || f.Attrs != nil || f.Special != nil || f.Far != 0 || !plain(f.Path) || !plain(f.Type) || !plain(f.Hash) || !plain(f.ETag) || !plain(f.Content) || !plain(f.Link) {
		var odd bytes.Buffer
		out := json.NewEncoder(&odd)
		out.SetEscapeHTML(false)
		err := out.Encode(f)
		return append(b, odd.Bytes()...), err
	}
	b = append(append(b, `{"p":"`...), f.Path...)
	b = append(b, '"')
	b = appendText(b, `,"t":"`, f.Type)
	b = appendNumber(b, `,"s":`, f.Size)
	b = appendNumber(b, `,"m":`, f.Modified)
	b = appendText(b, `,"h":"`, f.Hash)
	b = appendText(b, `,"e":"`, f.ETag)
	if f.New {
		b = append(b, `,"n":true`...)
	}
	b = appendText(b, `,"c":"`, f.Content)
	b = appendText(b, `,"l":"`, f.Link)
	return append(b, '}', '\n'), nil
}

func appendText(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	return append(append(append(b, key...), value...), '"')
}

func appendNumber(b []byte, key string, value int64) []byte {
	if value == 0 {
		return b
	}
	return strconv.AppendInt(append(b, key...), value, 10)
}

// plain text stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// lines reads a list.
type lines struct{ in *bufio.Reader }

func newLines(r io.Reader) lines { return lines{bufio.NewReaderSize(r, 256<<10)} }

// next is io.EOF after the last file.
func (l lines) next() (File, error) {
	line, err := l.in.ReadString('\n')
	if errors.Is(err, io.EOF) && strings.TrimSpace(line) == "" {
		return File{}, io.EOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return File{}, fmt.Errorf("read the list of files: %w", err)
	}
	if f, usual := parse(strings.TrimSuffix(line, "\n")); usual {
		return f, nil
	}
	var f File
	if err := json.Unmarshal([]byte(line), &f); err != nil {
		return f, fmt.Errorf("read the list of files: %w", err)
	}
	return f, nil
}

// parse takes a line apart if it is a usual one.
func parse(line string) (f File, usual bool) {
	rest, usual := strings.CutPrefix(line, `{`)
	rest = takeText(rest, `"p":"`, &f.Path, &usual)
	rest = takeText(rest, `,"t":"`, &f.Type, &usual)
	rest = takeNumber(rest, `,"s":`, &f.Size, &usual)
	rest = takeNumber(rest, `,"m":`, &f.Modified, &usual)
	rest = takeText(rest, `,"h":"`, &f.Hash, &usual)
	rest = takeText(rest, `,"e":"`, &f.ETag, &usual)
	rest, f.New = strings.CutPrefix(rest, `,"n":true`)
	rest = takeText(rest, `,"c":"`, &f.Content, &usual)
	rest = takeText(rest, `,"l":"`, &f.Link, &usual)
	return f, usual && rest == "}" && f.Path != ""
}

func takeText(line, key string, into *string, usual *bool) string {
	rest, there := strings.CutPrefix(line, key)
	if !there {
		return line
	}
	end := strings.IndexByte(rest, '"')
	if end < 0 || strings.IndexByte(rest[:end], '\\') >= 0 || !utf8.ValidString(rest[:end]) {
		*usual = false
		return line
	}
	*into = rest[:end]
	return rest[end+1:]
}

func takeNumber(line, key string, into *int64, usual *bool) string {
	rest, there := strings.CutPrefix(line, key)
	if !there {
		return line
	}
	end := strings.IndexAny(rest, ",}")
	n, err := strconv.ParseInt(rest[:max(end, 0)], 10, 64)
	*into, *usual = n, *usual && err == nil
	return rest[max(end, 0):]
}
