package runs

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// mostShown of a value on a page, in bytes.
const mostShown = 128 << 10

// pretty is a value as indented JSON; cut when there is more than a page shows.
func pretty(value any) (text string, cut bool) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if e.Encode(value) != nil {
		return "", false
	}
	text = strings.TrimSuffix(out.String(), "\n")
	if len(text) <= mostShown {
		return text, false
	}
	text = text[:mostShown]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text, true
}

// piece of shown JSON: a name, or what lies between.
type piece struct {
	name bool
	text string
}

var names = regexp.MustCompile(`(?m)^ *("(?:[^"\\]|\\.)*"):`)

// pieces finds the names, so that they can be coloured.
func pieces(text string) (found []piece) {
	at := 0
	for _, match := range names.FindAllStringSubmatchIndex(text, -1) {
		found = append(found, piece{false, text[at:match[2]]}, piece{true, text[match[2]:match[3]]})
		at = match[3]
	}
	return append(found, piece{false, text[at:]})
}
