package locales

import (
	"context"
	"fmt"
	"math"
	"strings"

	xplural "golang.org/x/text/feature/plural"
)

// T is the message of that key, with each %{name} replaced by the pairs' value
// (name, value, name, value). Of a message with plural forms it is the form of
// its count, or of its first number. A key that does not exist renders as itself.
func T(ctx context.Context, key string, pairs ...any) string {
	if Has(ctx, key+".other") {
		return join(PiecesN(ctx, key, countOf(ctx, key, pairs)), pairs)
	}
	return join(Pieces(ctx, key), pairs)
}

// N is T for a message with plural forms: the form that n asks for, and n,
// formatted, as %{count}. A `zero` form is used for 0 in every language.
func N(ctx context.Context, key string, n int, pairs ...any) string {
	return join(PiecesN(ctx, key, n), append([]any{"count", Number(ctx, n)}, pairs...))
}

// Has reports whether the key exists, as a message or as a group of them.
func Has(ctx context.Context, key string) bool {
	v := voiceOf(ctx)
	return v.tongue != nil && v.dict.Has(key)
}

// Piece is part of a message: Text, or the name of what goes in its place.
type Piece struct {
	Text string
	Slot string
}

// Pieces is a message cut at its placeholders, for those who fill them with markup.
func Pieces(ctx context.Context, key string) []Piece {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return []Piece{{Text: key}}
	}
	text := v.dict.Get(key).Value()
	if text == "" {
		v.catalogue.note(key)
		text = key
	}
	return cut(text)
}

// PiecesN is Pieces of the plural form for n.
func PiecesN(ctx context.Context, key string, n int) []Piece {
	v := voiceOf(ctx)
	if v.tongue == nil {
		return []Piece{{Text: key}}
	}
	forms := v.dict.Get(key)
	text := forms.Get("other").Value()
	form := formOf(v.tongue, n)
	if n == 0 && forms.Has("zero") {
		form = "zero"
	}
	if exact := forms.Get(form).Value(); exact != "" {
		text = exact
	}
	if text == "" {
		v.catalogue.note(key)
		text = key
	}
	return cut(text)
}

func formOf(t *tongue, n int) string {
	if n < 0 {
		n = -n
	}
	switch xplural.Cardinal.MatchPlural(t.tag, n, 0, 0, 0, 0) {
	case xplural.Zero:
		return "zero"
	case xplural.One:
		return "one"
	case xplural.Two:
		return "two"
	case xplural.Few:
		return "few"
	case xplural.Many:
		return "many"
	default:
		return "other"
	}
}

// cut reads a message once, so that a value which looks like a placeholder stays text.
func cut(text string) []Piece {
	var pieces []Piece
	for {
		before, rest, found := strings.Cut(text, "%{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return append(pieces, Piece{Text: text})
		}
		if before != "" {
			pieces = append(pieces, Piece{Text: before})
		}
		pieces = append(pieces, Piece{Slot: name})
		if after == "" {
			return pieces
		}
		text = after
	}
}

func join(pieces []Piece, pairs []any) string {
	var out strings.Builder
	for _, piece := range pieces {
		if piece.Slot == "" {
			out.WriteString(piece.Text)
			continue
		}
		if value, ok := Value(pairs, piece.Slot); ok {
			fmt.Fprint(&out, value)
			continue
		}
		out.WriteString("%{" + piece.Slot + "}")
	}
	return out.String()
}

// Pairs turns named arguments, as failures carry them, into pairs for T and N.
func Pairs(args map[string]any) []any {
	pairs := make([]any, 0, 2*len(args))
	for name, value := range args {
		if f, ok := value.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			value = int64(f) // a count that was kept as JSON: never 1e+06
		}
		pairs = append(pairs, name, value)
	}
	return pairs
}

// Value finds a name among pairs; the first wins.
func Value(pairs []any, name string) (any, bool) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1], true
		}
	}
	return nil, false
}
