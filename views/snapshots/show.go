package snapshots

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/drill"
	"levqor/jobs/source"
	"levqor/jobs/vault"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// One is what every page of a snapshot shows around its content.
type One struct {
	Frame    layout.Frame
	Snapshot backup.Snapshot
	Tables   int64 // of databases
	Tab      Tab
	Operate  bool
	Manage   bool
	Sure     bool // who they are was confirmed just now
	Hold     HoldForm
	Delete   string // what was wrong with the typed name
}

// Tab of a snapshot's pages.
type Tab string

const (
	TabBrowse  Tab = "files"
	TabChanges Tab = "changes"
	TabFacts   Tab = ""
)

// Facts is a snapshot's first page.
type Facts struct {
	One
	Truth source.Truth
	Since backup.Changes
	Holds []backup.Hold // that count
	Proof []drill.Drill
	Plan  *backup.Plan // nil when it or its source was deleted
	Now   time.Time
}

// There reports whether it can be read: neither deleted nor about to be.
func (p One) There() bool {
	return p.Snapshot.State != backup.Deleted && p.Snapshot.State != backup.Deleting
}

// gone says that it was deleted, or is about to be.
func gone(s backup.Snapshot) templ.Component {
	if s.DeletedAt != nil {
		return parts.Say("snapshots.gone.deleted", "date", parts.Date(*s.DeletedAt))
	}
	return parts.Say("snapshots.gone.deleting")
}

func (p One) url(rest string) templ.SafeURL { return URL(p.Snapshot.ID) + templ.SafeURL(rest) }

func (p One) crumbs(ctx context.Context) []parts.Crumb {
	return []parts.Crumb{
		{Label: locales.T(ctx, "app.nav.snapshots"), URL: "/snapshots"},
		{Label: p.Snapshot.SourceName, URL: templ.SafeURL("/snapshots?source=" + p.Snapshot.SourceID.String()), Typed: true},
		{Label: p.Snapshot.Short()},
	}
}

func (p One) tabs(ctx context.Context) []parts.Tab {
	if !p.There() {
		return nil
	}
	var tabs []parts.Tab
	for _, tab := range []Tab{TabFacts, TabBrowse, TabChanges} {
		key, path := "facts", ""
		if tab != TabFacts {
			key, path = string(tab), "/"+string(tab)
		}
		tabs = append(tabs, parts.Tab{Label: locales.T(ctx, "snapshots.tab."+key), URL: p.url(path), Current: p.Tab == tab})
	}
	return tabs
}

// amounts is "4.80 GB, 63 tables, 18,401,903 rows" under the title.
func (p One) amounts(ctx context.Context) string {
	s := p.Snapshot
	if s.Rows == nil {
		return locales.T(ctx, "snapshots.amounts.files", "size", locales.Bytes(ctx, s.Bytes), "files", contents(ctx, s))
	}
	return locales.T(ctx, "snapshots.amounts.tables", "size", locales.Bytes(ctx, s.Bytes), "tables", locales.N(ctx, "snapshots.tables", int(p.Tables)), "rows", contents(ctx, s))
}

// deleteURL opens the dialog, by way of a confirmation of who it is where that is due.
func (p One) deleteURL() templ.SafeURL {
	if p.Sure {
		return "#delete"
	}
	return templ.SafeURL("/confirm?next=" + string(URL(p.Snapshot.ID)) + "%23delete")
}

// opensDelete makes the link a button of the dialog where that is on the page.
func (p One) opensDelete() templ.Attributes {
	if !p.Sure {
		return nil
	}
	return templ.Attributes{"data-open": "delete", "aria-haspopup": "dialog"}
}

func (p One) consequences() []parts.Consequence {
	return []parts.Consequence{
		{Icon: "trash", Text: parts.Say("snapshots.delete.gone")},
		{Icon: "layers", Text: parts.Say("snapshots.delete.others")},
	}
}

// strip is the four facts of the first page.
func (p Facts) strip(ctx context.Context) []parts.Fact {
	s := p.Snapshot
	taken := parts.Fact{Label: locales.T(ctx, "snapshots.col.taken"), Value: locales.Ago(ctx, s.TakenAt), Tip: locales.Exact(ctx, s.TakenAt), Icon: "calendar-clock"}
	size := parts.Fact{Label: locales.T(ctx, "snapshots.col.size"), Value: locales.Bytes(ctx, s.Bytes),
		Tip: locales.T(ctx, "snapshots.stored", "size", locales.Bytes(ctx, s.StoredBytes)), Icon: "vault"}
	holds := parts.Fact{Label: locales.T(ctx, "backups.fact.files"), Value: locales.Number(ctx, s.Files)}
	if t := p.Truth.Tree; t != nil {
		holds.Tip, holds.Icon = locales.T(ctx, "snapshots.folders", "folders", locales.N(ctx, "snapshots.folder_count", int(t.Dirs)), "links", locales.N(ctx, "snapshots.link_count", int(t.Links))), "folder"
	}
	if s.Rows != nil {
		holds = parts.Fact{Label: locales.T(ctx, "backups.fact.rows"), Value: locales.Number(ctx, *s.Rows), Tip: locales.N(ctx, "snapshots.tables", int(p.Truth.Tables)), Icon: "table-2"}
	}
	return []parts.Fact{taken, size, holds, p.proof(ctx)}
}

func (p Facts) proof(ctx context.Context) parts.Fact {
	fact := parts.Fact{Label: locales.T(ctx, "snapshots.col.proof"), Value: locales.T(ctx, "parts.status.unproven"), Tip: locales.T(ctx, "snapshots.never_proven"), Icon: "shield"}
	if p.Snapshot.ProvenAt != nil {
		fact.Value = locales.T(ctx, "parts.status.proven")
		fact.Tone, fact.Tip, fact.Icon = parts.Good, locales.Ago(ctx, *p.Snapshot.ProvenAt), "shield-check"
	}
	switch p.Snapshot.Health {
	case backup.Doubted:
		fact.Value = locales.T(ctx, "snapshots.doubted")
		fact.Tone, fact.Tip, fact.Icon = parts.Warn, locales.T(ctx, "snapshots.doubted_tip"), "shield-x"
	case backup.Damaged:
		fact.Value = locales.T(ctx, "snapshots.damaged")
		fact.Tone, fact.Tip, fact.Icon = parts.Bad, locales.T(ctx, "snapshots.damaged_tip"), "shield-x"
	}
	if len(p.Proof) > 0 {
		fact.Link = parts.Action{Label: locales.T(ctx, "snapshots.see_proof"), URL: templ.SafeURL("/drills/" + p.Proof[0].ID.String())}
	}
	return fact
}

// database sums one up.
type database struct {
	Name   string
	Tables int
	Rows   int64
	Bytes  int64
}

func (p Facts) databases() (out []database) {
	if p.Truth.Postgres == nil {
		return nil
	}
	for _, d := range p.Truth.Postgres.Databases {
		sum := database{Name: d.Name, Tables: len(d.Tables)}
		for _, t := range d.Tables {
			sum.Rows += t.Rows
			sum.Bytes += t.Bytes
		}
		out = append(out, sum)
	}
	return out
}

// doubt says what a check found of a copy that is not sound, and what comes next.
func (p One) doubt(ctx context.Context) templ.Component {
	found, content := locales.T(ctx, "vault.doubt.any"), false
	if d := p.Snapshot.Doubt; d != nil {
		found, content = locales.T(ctx, d.Key, locales.Pairs(d.Args)...), d.Cause == vault.CauseContent
	}
	switch {
	case p.Snapshot.Health == backup.Damaged && !content:
		return parts.Say("snapshots.damaged_text", "found", found)
	case content:
		return parts.Say("snapshots.doubted_content", "found", found)
	default:
		return parts.Say("snapshots.doubted_text", "found", found)
	}
}
