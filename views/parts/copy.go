package parts

import "strings"

// CopyProps is a block of text to copy: SQL that grants access, a command.
type CopyProps struct {
	ID      string // unique on the page
	Label   string // for screen readers: "SQL that grants access"
	Text    string
	Plain   bool // no colouring of keywords and comments
	OneLine bool
}

// span is a run of code: kind is "" (plain), "em" (keyword) or "i" (comment).
type span struct {
	kind string
	text string
}

// spans finds comments (--, #) and keywords (words in capitals) so that SQL and
// shell read easily; the text itself stays as it is.
func spans(text string, plain bool) []span {
	if plain {
		return []span{{text: text}}
	}
	var found []span
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "--") || strings.HasPrefix(trimmed, "#") {
			found = append(found, span{"i", line})
			continue
		}
		found = append(found, keywords(line)...)
	}
	return found
}

func keywords(line string) []span {
	var found []span
	start, quoted := 0, false
	flush := func(from, to int, kind string) {
		if to > from {
			found = append(found, span{kind, line[from:to]})
		}
	}
	for i := 0; i < len(line); {
		if line[i] == '\'' || line[i] == '"' {
			quoted = !quoted
		}
		end := i
		for end < len(line) && word(line[end]) {
			end++
		}
		if end > i {
			if !quoted && end-i > 1 && line[i:end] == strings.ToUpper(line[i:end]) && line[i] > '9' {
				flush(start, i, "")
				flush(i, end, "em")
				start = end
			}
			i = end
			continue
		}
		i++
	}
	flush(start, len(line), "")
	return found
}

func word(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// short is how an id is shown: the last 8 signs of a uuid, the part that differs, else all of it.
func short(id string) string {
	if len(id) == 36 && id[8] == '-' {
		return id[len(id)-8:]
	}
	return id
}
