package snapshots

import (
	"context"
	"fmt"
	"net/url"
	gopath "path"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/source"
	"levqor/jobs/vault/kopia"
	"levqor/locales"
)

// Files is one folder of a snapshot, or what a search in it found.
type Files struct {
	One
	Dir     string // "" is the root
	Entries []kopia.Entry
	More    bool
	After   string
	Search  string
	Peek    *backup.Peek // the file that is open beside the list
}

// isDatabase reports whether the files are the raw ones of a database's copy.
func (p Files) isDatabase() bool { return p.Snapshot.SourceKind == source.Postgres }

// at is the address of another look at the files: pairs of name and value.
func (p Files) at(pairs ...string) templ.SafeURL {
	query := url.Values{}
	if p.isDatabase() {
		query.Set("view", "files")
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return p.url("/files")
	}
	return p.url("/files?" + query.Encode())
}

// open shows a file beside the same list.
func (p Files) open(e kopia.Entry) templ.SafeURL {
	return p.at("path", p.Dir, "q", p.Search, "after", p.After, "file", e.Path)
}

func (p Files) download(e kopia.Entry) templ.SafeURL {
	return p.url("/files/download?" + url.Values{"path": {e.Path}}.Encode())
}

func (p Files) zip(dir string) templ.SafeURL {
	return p.url("/download.zip?" + url.Values{"path": {dir}}.Encode())
}

// crumb is one folder on the way down.
type crumb struct {
	Name string
	URL  templ.SafeURL
	Here bool
}

func (p Files) way(ctx context.Context) []crumb {
	way := []crumb{{Name: locales.T(ctx, "snapshots.files.root"), URL: p.at(), Here: p.Dir == ""}}
	if p.Dir == "" {
		return way
	}
	parts := strings.Split(p.Dir, "/")
	for i, part := range parts {
		way = append(way, crumb{Name: Readable(part), URL: p.at("path", strings.Join(parts[:i+1], "/")), Here: i == len(parts)-1})
	}
	return way
}

// next is the page after this one.
func (p Files) next() templ.SafeURL {
	if !p.More || p.Search != "" || len(p.Entries) == 0 {
		return ""
	}
	return p.at("path", p.Dir, "after", p.Entries[len(p.Entries)-1].Name)
}

// first is the page that the folder begins with, "" while it is this one.
func (p Files) first() templ.SafeURL {
	if p.After == "" {
		return ""
	}
	return p.at("path", p.Dir)
}

// where is the folder of an entry that a search found, from where it searched.
func (p Files) where(e kopia.Entry) string {
	dir := gopath.Dir(e.Path)
	if p.Search == "" || dir == "." {
		return ""
	}
	return Readable(dir)
}

func (p Files) emptyTitle(ctx context.Context) string {
	if p.Search != "" {
		return locales.T(ctx, "snapshots.files.none_found")
	}
	return locales.T(ctx, "snapshots.files.empty")
}

func (p Files) icon(e kopia.Entry) string {
	switch {
	case e.Dir:
		return "folder"
	case e.Link != "", !e.Mode.IsRegular():
		return "link-2"
	default:
		return "file"
	}
}

// Readable is a name with each byte that is no UTF-8 as \xE9.
func Readable(name string) string {
	raw := kopia.DiskPath(name)
	if utf8.ValidString(raw) {
		return raw
	}
	var b strings.Builder
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRuneInString(raw[i:])
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02X`, raw[i])
		} else {
			b.WriteString(raw[i : i+n])
		}
		i += n
	}
	return b.String()
}
