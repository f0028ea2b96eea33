// Package restores shows how copies come back: the form that says where, what
// will happen, the work, and what came of it.
package restores

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	"levqor/views/tasks"
)

// Page is the list of restores. URL is its own address.
type Page struct {
	Frame    layout.Frame
	Restores []restore.Restore
	Sources  []source.Source
	SourceID uuid.UUID
	State    task.State
	URL      string
	Pages    parts.PageProps
	Now      time.Time
}

// ShowPage is one restore. User is who connects to the server it went to.
type ShowPage struct {
	Frame      layout.Frame
	Restore    restore.Restore
	Log        []task.LogLine
	User       string
	Now        time.Time
	CanOperate bool
}

// URL is the restore's page.
func URL(r restore.Restore) templ.SafeURL { return templ.SafeURL("/restores/" + r.ID.String()) }

// newURL is the form for another restore of the same.
func newURL(r restore.Restore) templ.SafeURL {
	query := url.Values{"path": r.Paths}
	return templ.SafeURL("/snapshots/" + r.SnapshotID.String() + "/restores/new?" + query.Encode())
}

func (p Page) narrowed() bool {
	return p.SourceID != uuid.Nil || p.State != "" || p.Pages.Newest != ""
}

func (p Page) running() bool {
	for _, r := range p.Restores {
		if !r.State.Final() {
			return true
		}
	}
	return false
}

// trigger also asks every few seconds while something runs, for its progress.
func (p Page) trigger() string {
	if p.running() {
		return parts.Live("restores") + ", every 3s"
	}
	return parts.Live("restores")
}

func (p Page) filters(ctx context.Context) []parts.Tab {
	tab := func(state task.State, label string) parts.Tab {
		query := url.Values{}
		if p.SourceID != uuid.Nil {
			query.Set("source", p.SourceID.String())
		}
		if state != "" {
			query.Set("state", string(state))
		}
		return parts.Tab{Label: label, URL: templ.SafeURL("/restores?" + query.Encode()), Current: p.State == state}
	}
	return []parts.Tab{
		tab("", locales.T(ctx, "restores.filter.all")),
		tab(task.Running, locales.T(ctx, "parts.status.running")),
		tab(task.Succeeded, locales.T(ctx, "parts.status.done")),
		tab(task.Failed, locales.T(ctx, "parts.status.failed")),
	}
}

// card is the restore as work: its page asks for itself anew, so the card does not.
func (p ShowPage) card(ctx context.Context) parts.TaskProps {
	card := tasks.Of(ctx, tasks.Props{Task: p.Restore.Task, Log: p.Log, CanCancel: p.CanOperate})
	card.Event, card.RefreshURL, card.LogOpen = "", "", p.Restore.State == task.Failed
	if p.Restore.State == task.Running && p.Restore.Phase != "" {
		card.Doing = locales.T(ctx, "restores.doing."+p.Restore.Phase)
	}
	card.DoneLabel = locales.T(ctx, "restores.written")
	if p.Restore.Kind == restore.Database {
		card.ItemsLabel = locales.T(ctx, "restores.tables")
	}
	return card
}

func (p ShowPage) crumbs(ctx context.Context) []parts.Crumb {
	return []parts.Crumb{{Label: locales.T(ctx, "app.nav.restores"), URL: "/restores"}, {Label: p.Restore.SubjectName, Typed: true}}
}

// againClass is primary where nothing better is on the page.
func (p ShowPage) againClass() string {
	if p.Restore.State == task.Failed || p.Restore.Kind == restore.Download && !p.Restore.Download(p.Now) {
		return "btn btn-primary"
	}
	return "btn"
}

// short is the part of an id that people tell snapshots by.
func short(id uuid.UUID) string { return id.String()[28:] }
