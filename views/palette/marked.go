package palette

import (
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// marked is text with what was looked for underlined, in its own direction. The
// whole query is marked, else its last word.
func marked(text, query string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		from, to := span(text, query)
		_, err := io.WriteString(w, "<bdi>"+templ.EscapeString(text[:from])+mark(text[from:to])+templ.EscapeString(text[to:])+"</bdi>")
		return err
	})
}

func mark(text string) string {
	if text == "" {
		return ""
	}
	return "<mark>" + templ.EscapeString(text) + "</mark>"
}

// span finds where the query is in the text. Both are compared letter by letter,
// since lower case may be longer than upper.
func span(text, query string) (from, to int) {
	words := strings.Fields(query)
	if len(words) == 0 {
		return 0, 0
	}
	for _, wanted := range []string{strings.TrimSpace(query), words[len(words)-1]} {
		n := utf8.RuneCountInString(wanted)
		for i := range text {
			if end, ok := after(text[i:], n); ok && strings.EqualFold(text[i:i+end], wanted) {
				return i, i + end
			}
		}
	}
	return 0, 0
}

// after is where the first n letters end.
func after(text string, n int) (end int, ok bool) {
	for range n {
		_, size := utf8.DecodeRuneInString(text[end:])
		if size == 0 {
			return end, false
		}
		end += size
	}
	return end, true
}

func both(first, second templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if err := first.Render(ctx, w); err != nil {
			return err
		}
		if _, err := io.WriteString(w, " "); err != nil {
			return err
		}
		return second.Render(ctx, w)
	})
}
