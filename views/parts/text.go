// Package parts holds the building blocks of every page: props in, markup out.
package parts

import (
	"context"
	"fmt"
	"io"

	"github.com/a-h/templ"

	"levqor/locales"
)

// Say renders a message whose placeholders may be markup: a value that is a
// component is rendered in place, any other is escaped text.
//
//	@parts.Say("parts.confirm.label", "name", parts.Name(source.Name))
func Say(key string, pairs ...any) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return fill(ctx, w, locales.Pieces(ctx, key), pairs)
	})
}

// SayN is Say for a message with plural forms; %{count} is n, formatted.
func SayN(key string, n int, pairs ...any) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		pairs := append([]any{"count", locales.Number(ctx, n)}, pairs...)
		return fill(ctx, w, locales.PiecesN(ctx, key, n), pairs)
	})
}

// Words is plain text as a component, where a prop takes markup.
func Words(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(text))
		return err
	})
}

// Name is text that a person typed: it keeps its own direction.
func Name(text string) templ.Component { return wrapped("<bdi>", text, "</bdi>") }

// Mono is an id, a host, a path: in the mono font, left to right.
func Mono(text string) templ.Component {
	return wrapped(`<span class="mono" dir="ltr">`, text, "</span>")
}

// Strong is text that carries the sentence.
func Strong(text string) templ.Component { return wrapped("<strong>", text, "</strong>") }

// Link is a link inside of a sentence.
func Link(url templ.SafeURL, text string) templ.Component {
	return wrapped(`<a class="link" href="`+templ.EscapeString(string(url))+`">`, text, "</a>")
}

func wrapped(before, text, after string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, before+templ.EscapeString(text)+after)
		return err
	})
}

func fill(ctx context.Context, w io.Writer, pieces []locales.Piece, pairs []any) error {
	for _, piece := range pieces {
		text := piece.Text
		if piece.Slot != "" {
			value, ok := locales.Value(pairs, piece.Slot)
			if component, is := value.(templ.Component); is {
				if err := component.Render(ctx, w); err != nil {
					return err
				}
				continue
			}
			text = "%{" + piece.Slot + "}"
			if ok {
				text = fmt.Sprint(value)
			}
		}
		if _, err := io.WriteString(w, templ.EscapeString(text)); err != nil {
			return err
		}
	}
	return nil
}
