package expr

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
)

// What follows the name steps, up to and with the id that is read.
var (
	readByName  = regexp.MustCompile("^\\s*\\.\\s*\\??\\s*`?([A-Za-z_][A-Za-z0-9_]*)")
	readByIndex = regexp.MustCompile(`^\s*\[\s*\??\s*["']([A-Za-z_][A-Za-z0-9_]*)["']\s*\]`)
)

// Rename reads other steps in the places of those named: steps.<id> becomes
// steps.<ids[id]>. What can't be parsed stays as it is.
func (l *Language) Rename(source string, ids map[string]string) string {
	if len(source) > MaxSource {
		return source
	}
	parsed, issues := l.env.Parse(source)
	if issues.Err() != nil {
		return source
	}
	tree := parsed.NativeRep()
	places := map[int]bool{}
	reads := ast.MatchDescendants(ast.NavigateAST(tree), func(e ast.NavigableExpr) bool {
		return e.Kind() == ast.IdentKind && e.AsIdent() == NameSteps && !isShadowed(e)
	})
	for _, e := range reads {
		if at, ok := tree.SourceInfo().GetOffsetRange(e.ID()); ok {
			places[int(at.Start)] = true
		}
	}
	letters := []rune(source)
	for _, at := range slices.Backward(slices.Sorted(maps.Keys(places))) {
		letters = renameAt(letters, at, ids)
	}
	return string(letters)
}

// renameAt renames what is read behind the name steps at that letter.
func renameAt(letters []rune, at int, ids map[string]string) []rune {
	behind := at + len(NameSteps)
	if behind > len(letters) || string(letters[at:behind]) != NameSteps {
		return letters
	}
	rest := string(letters[behind:])
	found := readByName.FindStringSubmatchIndex(rest)
	if found == nil {
		found = readByIndex.FindStringSubmatchIndex(rest)
	}
	if found == nil {
		return letters
	}
	id, ok := ids[rest[found[2]:found[3]]]
	if !ok {
		return letters
	}
	return append(slices.Clone(letters[:behind]), []rune(rest[:found[2]]+id+rest[found[3]:])...)
}

// isShadowed reports whether a macro around it calls its own item steps.
func isShadowed(e ast.NavigableExpr) bool {
	child := e
	for parent, ok := e.Parent(); ok; parent, ok = parent.Parent() {
		if parent.Kind() == ast.ComprehensionKind {
			c := parent.AsComprehension()
			own := c.IterVar() == NameSteps || c.IterVar2() == NameSteps
			if own && c.IterRange().ID() != child.ID() {
				return true
			}
		}
		child = parent
	}
	return false
}

// RenameValue is Rename for the ${ … } parts of every text inside a JSON value.
func (l *Language) RenameValue(source any, ids map[string]string) any {
	switch source := source.(type) {
	case string:
		return l.renameText(source, ids)
	case []any:
		list := make([]any, len(source))
		for i, item := range source {
			list[i] = l.RenameValue(item, ids)
		}
		return list
	case map[string]any:
		named := make(map[string]any, len(source))
		for name, item := range source {
			named[name] = l.RenameValue(item, ids)
		}
		return named
	default:
		return source
	}
}

func (l *Language) renameText(source string, ids map[string]string) string {
	var out strings.Builder
	at := 0
	for from, to := range inner(source) {
		if to < 0 {
			break
		}
		out.WriteString(source[at:from] + l.Rename(source[from:to], ids))
		at = to
	}
	return out.String() + source[at:]
}
