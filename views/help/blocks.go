package help

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// block is a piece of a topic: "h" heading, "p" paragraph, "ul" and "ol" lists,
// "code".
type block struct {
	kind  string
	lines []string
}

// blocks reads a topic's body. Blocks are set apart by an empty line: "## " heads
// a heading, "- " and "1. " a list, four spaces code; all else is a paragraph.
func blocks(body string) []block {
	var found []block
	for part := range strings.SplitSeq(body, "\n\n") {
		part = strings.Trim(part, "\n")
		if part == "" {
			continue
		}
		lines := strings.Split(part, "\n")
		switch {
		case strings.HasPrefix(part, "## "):
			found = append(found, block{"h", []string{strings.TrimPrefix(part, "## ")}})
		case strings.HasPrefix(part, "    "):
			for i, line := range lines {
				lines[i] = strings.TrimPrefix(line, "    ")
			}
			found = append(found, block{"code", lines})
		case strings.HasPrefix(part, "- "):
			found = append(found, block{"ul", items(lines, "- ")})
		case strings.HasPrefix(part, "1. "):
			found = append(found, block{"ol", items(lines, "1. ")})
		default:
			found = append(found, block{"p", []string{strings.Join(lines, " ")}})
		}
	}
	return found
}

// items joins a list's lines: one without the mark goes on with the line before.
func items(lines []string, mark string) []string {
	var found []string
	for _, line := range lines {
		if text, ok := strings.CutPrefix(line, mark); ok || len(found) == 0 {
			found = append(found, text)
			continue
		}
		found[len(found)-1] += " " + strings.TrimSpace(line)
	}
	return found
}

// inline writes text with `code` and [links](/to/pages) in it.
func inline(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		for rest := text; rest != ""; {
			at := strings.IndexAny(rest, "`[")
			if at < 0 {
				at = len(rest)
			}
			html, after := templ.EscapeString(rest[:at]), rest[at:]
			if after != "" {
				var special string
				special, after = spanOf(after)
				html += special
			}
			if _, err := io.WriteString(w, html); err != nil {
				return err
			}
			rest = after
		}
		return nil
	})
}

// spanOf writes the span that text begins with, or its first sign as it is.
func spanOf(text string) (html, rest string) {
	if code, after, ok := strings.Cut(text[1:], "`"); text[0] == '`' && ok {
		return `<code class="mono" dir="ltr">` + templ.EscapeString(code) + "</code>", after
	}
	label, after, ok := strings.Cut(text[1:], "](")
	to, after, closed := strings.Cut(after, ")")
	if text[0] == '[' && ok && closed && (strings.HasPrefix(to, "/") || strings.HasPrefix(to, "https://")) {
		return `<a class="link" href="` + templ.EscapeString(to) + `">` + templ.EscapeString(label) + "</a>", after
	}
	return templ.EscapeString(text[:1]), text[1:]
}
