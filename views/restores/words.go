package restores

import (
	"context"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/restore"
	"levqor/locales"
	"levqor/views/parts"
)

// what is how much of the copy, as in "all" or "2 tables".
func what(ctx context.Context, r restore.Restore) string {
	n := len(r.Paths)
	switch {
	case n == 0:
		return locales.T(ctx, "restores.what.all")
	case r.Kind == restore.Database:
		return locales.N(ctx, "restores.what.tables", n)
	default:
		return locales.N(ctx, "restores.what.files", n)
	}
}

// into is where it came back, in a word or two; names people gave stand apart.
func into(ctx context.Context, r restore.Restore) templ.Component {
	switch {
	case r.Kind == restore.Download:
		return parts.Say("restores.into.download")
	case r.OverLive:
		return parts.Say("restores.into.live")
	case r.Kind == restore.Database:
		return parts.Mono(listed(ctx, values(r.Target.Names)))
	default:
		return parts.Mono(r.Target.Place)
	}
}

// most is how many names a sentence holds.
const most = 3

func listed(ctx context.Context, names []string) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return locales.N(ctx, "restores.and_more", len(names)-most, "names", strings.Join(names[:most], ", "))
}

func values(names map[string]string) []string { return slices.Sorted(maps.Values(names)) }

func keys(names map[string]string) []string { return slices.Sorted(maps.Keys(names)) }

// host and port of a place that is a server's address.
func address(place string) (host, port string) {
	host, port, err := net.SplitHostPort(place)
	if err != nil {
		return place, ""
	}
	return host, port
}

// expires is when the link of a download stops working.
func expires(r restore.Restore) time.Time { return r.CreatedAt.Add(restore.DownloadFor) }

// quote is a name as SQL takes it.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func kindIcon(kind string) string {
	switch kind {
	case "folder":
		return "folder-open"
	case "s3":
		return "cloud"
	default:
		return "database"
	}
}

// notes are things to know of what came back, in words.
func notes(ctx context.Context, r restore.Restore) (out []string) {
	for _, n := range r.Result.Notes {
		out = append(out, parts.NoteText(ctx, n))
	}
	return out
}

// connect is how to look at a database that came back.
func (p ShowPage) connect(name string) string {
	host, port := address(p.Restore.Target.Place)
	line := "psql --host=" + shell(host) + " --port=" + port
	if p.User != "" {
		line += " --username=" + shell(p.User)
	}
	return line + " " + shell(name)
}

// shell keeps a word one word, whatever is in it.
func shell(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-") == "" && word[0] != '-' {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// swapBack is the SQL that undoes a restore over live databases.
func swapBack(r restore.Restore) string {
	var sql strings.Builder
	for _, live := range keys(r.Result.Kept) {
		kept := r.Result.Kept[live]
		replaced := live + "_replaced"
		sql.WriteString("ALTER DATABASE " + quote(live) + " RENAME TO " + quote(replaced) + ";\n")
		sql.WriteString("ALTER DATABASE " + quote(kept) + " RENAME TO " + quote(live) + ";\n")
	}
	return sql.String()
}

// drop is the SQL that removes databases nobody needs any more.
func drop(names []string) string {
	var sql strings.Builder
	for _, name := range names {
		sql.WriteString("DROP DATABASE " + quote(name) + ";\n")
	}
	return sql.String()
}
