package snapshots

import (
	"context"
	"net/url"
	gopath "path"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/source/tree"
	"levqor/locales"
	"levqor/views/parts"
)

// Changed is the page of what differs from the snapshot before.
type Changed struct {
	One
	Changes backup.Changes
	After   string
}

// tables are those that differ.
func (p Changed) tables() (out []backup.TableChange) {
	for _, t := range p.Changes.Tables {
		if t.Change != tree.Same {
			out = append(out, t)
		}
	}
	return out
}

func (p Changed) none() bool {
	return len(p.tables()) == 0 && len(p.Changes.Files) == 0 && p.After == ""
}

func (p Changed) first() templ.SafeURL {
	if p.After == "" {
		return ""
	}
	return p.url("/changes")
}

func (p Changed) next() templ.SafeURL {
	if !p.Changes.More {
		return ""
	}
	last := p.Changes.Files[len(p.Changes.Files)-1].Path
	return p.url("/changes?" + url.Values{"after": {last}}.Encode())
}

// file opens a file that is in this snapshot.
func (p Changed) file(f backup.FileChange) templ.SafeURL {
	return p.at("path", dirOf(f.Path), "file", f.Path)
}

func dirOf(name string) string {
	if dir := gopath.Dir(name); dir != "." {
		return dir
	}
	return ""
}

func changedPath(t backup.TableChange) string {
	return TableRow{Database: t.Database, Schema: t.Schema, Name: t.Name}.path()
}

func changeChip(ctx context.Context, c tree.Change) templ.Component {
	switch c {
	case tree.Added:
		return chip("plus", locales.T(ctx, "snapshots.since.added"))
	case tree.Removed:
		return chip("minus", locales.T(ctx, "snapshots.since.removed"))
	default:
		return chip("pencil", locales.T(ctx, "snapshots.since.changed"))
	}
}

func tableColumns(ctx context.Context) []parts.Column {
	return []parts.Column{
		{Label: locales.T(ctx, "snapshots.level.tables")}, {Label: locales.T(ctx, "snapshots.before"), Num: true},
		{Label: locales.T(ctx, "snapshots.now"), Num: true}, {Label: locales.T(ctx, "snapshots.difference")},
	}
}

func fileColumns(ctx context.Context) []parts.Column {
	return []parts.Column{
		{Label: locales.T(ctx, "snapshots.difference")}, {Label: locales.T(ctx, "snapshots.files.name")},
		{Label: locales.T(ctx, "snapshots.before"), Num: true}, {Label: locales.T(ctx, "snapshots.now"), Num: true},
	}
}
