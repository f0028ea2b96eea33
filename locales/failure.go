package locales

import (
	"context"
	"strings"
)

// Failure is a failure in words: what happened, and what to do, which may be
// empty. A key that this version does not know is told as what it is, never
// shown; a name that is not known is told so, and leaves no gap.
func Failure(ctx context.Context, key string, args map[string]any) (text, mend string) {
	if !Has(ctx, key+".text") {
		key = "fail.unknown"
	}
	text = failureText(ctx, key+".text", args)
	if Has(ctx, key+".mend") {
		mend = failureText(ctx, key+".mend", args)
	}
	return text, mend
}

func failureText(ctx context.Context, key string, args map[string]any) string {
	named := map[string]any{}
	for _, piece := range formsOf(ctx, key) {
		if piece.Slot != "" {
			named[piece.Slot] = T(ctx, "format.unnamed")
		}
	}
	for name, value := range args {
		if text, isText := value.(string); !isText || strings.TrimSpace(text) != "" {
			named[name] = value
		}
	}
	return T(ctx, key, Pairs(named)...)
}

// formsOf are the pieces of a message, of its last form where it has several.
func formsOf(ctx context.Context, key string) []Piece {
	if Has(ctx, key+".other") {
		return Pieces(ctx, key+".other")
	}
	return Pieces(ctx, key)
}

// countOf is what chooses the form of a message with several: count, or else the
// first of its other numbers.
func countOf(ctx context.Context, key string, pairs []any) int {
	names := []string{"count"}
	for _, piece := range Pieces(ctx, key+".other") {
		names = append(names, piece.Slot)
	}
	for _, name := range names {
		value, _ := Value(pairs, name)
		switch n := value.(type) {
		case int:
			return n
		case int32:
			return int(n)
		case int64:
			return int(n)
		case float64:
			return int(n)
		}
	}
	return 2
}
