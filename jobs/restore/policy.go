package restore

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"levqor/jobs/fail"
)

// maxName is the longest name of a database that every server takes, in bytes.
const maxName = 63

// NewName is what a database is called beside the one it is a copy of:
// shop_restored_20261124, cut where that is too long. day is in people's zone.
func NewName(database string, day time.Time) string {
	suffix := "_restored_" + day.Format("20060102")
	keep := min(len(database), maxName-len(suffix))
	for keep > 0 && !utf8.ValidString(database[:keep]) {
		keep--
	}
	return database[:keep] + suffix
}

// checkNames names what is wrong with the new names of databases. live says that
// each must keep its own; otherwise none may, but on another server.
func checkNames(form *fail.Form, names map[string]string, inCopy []string, live, elsewhere bool) {
	taken := map[string]bool{}
	for _, from := range sortedKeys(names) {
		to := names[from]
		switch {
		case !slices.Contains(inCopy, from):
			form.Add("names", "restore.field.database_unknown", "name", from)
		case to == "" || len(to) > maxName || !utf8.ValidString(to) || strings.ContainsAny(to, "\x00\n\r") || strings.TrimSpace(to) != to:
			form.Add("names", "restore.field.name", "name", from)
		case slices.Contains([]string{"postgres", "template0", "template1"}, to) && !live:
			form.Add("names", "restore.field.name_reserved", "name", to)
		case taken[to]:
			form.Add("names", "restore.field.name_twice", "name", to)
		case !live && !elsewhere && to == from:
			form.Add("names", "restore.field.name_live", "name", to)
		case live && to != from:
			form.Add("names", "restore.field.name_not_live", "name", to)
		}
		taken[to] = true
	}
}

// checkFilePaths names paths that could lead out of the copy.
func checkFilePaths(form *fail.Form, paths []string) {
	for _, p := range paths {
		if p == "" || len(p) > 4096 || strings.ContainsRune(p, 0) || path.IsAbs(p) || path.Clean(p) != p || p == ".." || strings.HasPrefix(p, "../") {
			form.Add("paths", "restore.field.path", "path", p)
		}
	}
}

// maxPaths bounds a choice: who wants more takes everything.
const maxPaths = 1000

// Table is a table of a database copy as a choice among Paths; Schema and Name
// are empty for the whole database.
type Table struct{ Database, Schema, Name string }

// Path is the table as one of Input.Paths: database/schema/table, each part escaped.
func (t Table) Path() string {
	if t.Name == "" {
		return url.PathEscape(t.Database)
	}
	return url.PathEscape(t.Database) + "/" + url.PathEscape(t.Schema) + "/" + url.PathEscape(t.Name)
}

// parseTable is the inverse of Path.
func parseTable(text string) (t Table, ok bool) {
	parts := strings.Split(text, "/")
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil || plain == "" {
			return t, false
		}
		parts[i] = plain
	}
	switch len(parts) {
	case 1:
		return Table{Database: parts[0]}, true
	case 3:
		return Table{parts[0], parts[1], parts[2]}, true
	}
	return t, false
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
