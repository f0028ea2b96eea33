package parts

import (
	"context"
	"slices"
	"strings"

	"levqor/jobs/source"
	"levqor/locales"
)

// NoteText is a note in words. A list among its arguments is told name by name;
// a count chooses the plural form where the message has one.
func NoteText(ctx context.Context, n source.Note) string {
	args := make(map[string]any, len(n.Args))
	for name, value := range n.Args {
		args[name] = listed(value)
	}
	pairs := locales.Pairs(args)
	if count, ok := whole(n.Args["count"]); ok && locales.Has(ctx, n.Key+".other") {
		return locales.N(ctx, n.Key, count, pairs...)
	}
	return locales.T(ctx, n.Key, pairs...)
}

func listed(value any) any {
	switch value := value.(type) {
	case []string:
		return strings.Join(value, ", ")
	case []any:
		var names []string
		for _, v := range value {
			if name, ok := v.(string); ok {
				names = append(names, name)
			}
		}
		return strings.Join(names, ", ")
	}
	return value
}

func whole(value any) (int, bool) {
	switch n := value.(type) {
	case int:
		return n, true
	case int64:
		return int(n), true
	case float64:
		return int(n), true
	}
	return 0, false
}

// alarming is whether one of the notes is more than what a person chose, or a
// restore had to do.
func alarming(notes []source.Note) bool {
	return slices.ContainsFunc(notes, func(n source.Note) bool {
		switch n.Key {
		case "postgres.note.databases_unchosen", "postgres.note.databases_excluded", "postgres.note.databases_managed",
			"postgres.note.proven_on_newer", "postgres.note.roles_made":
			return false
		}
		return true
	})
}
