// Package backups shows the runs of plans: all of them, and one while it goes on
// and after.
package backups

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// List is the page of all runs. URL is its own address.
type List struct {
	Frame    layout.Frame
	Backups  []backup.Backup
	Sources  []source.Source
	SourceID uuid.UUID
	State    task.State
	URL      string
	Pages    parts.PageProps
	Now      time.Time
}

// Topics are what the list follows: any run's beginning and end, and the progress
// of those that run.
func (p List) Topics() []string {
	topics := []string{"backups"}
	for _, b := range p.Backups {
		if !b.State.Final() {
			topics = append(topics, string(b.Topic()))
		}
	}
	return topics
}

// trigger has the list ask for itself anew, of progress at most every two seconds.
func (p List) trigger() string {
	trigger := parts.Live("backups")
	for _, topic := range p.Topics()[1:] {
		trigger += ", " + topic + " from:#live throttle:2s"
	}
	return trigger
}

func (p List) narrowed() bool { return p.SourceID != uuid.Nil || p.State != "" || p.Pages.Newest != "" }

func (p List) states(ctx context.Context) []parts.Tab {
	tabs := []parts.Tab{{Label: locales.T(ctx, "backups.all"), URL: p.url(""), Current: p.State == ""}}
	for _, state := range []task.State{task.Running, task.Queued, task.Failed, task.Succeeded, task.Canceled} {
		tabs = append(tabs, parts.Tab{Label: locales.T(ctx, "parts.status."+string(parts.StatusOf(state))), URL: p.url(state), Current: p.State == state})
	}
	return tabs
}

func (p List) url(state task.State) templ.SafeURL {
	query := url.Values{}
	if p.SourceID != uuid.Nil {
		query.Set("source", p.SourceID.String())
	}
	if state != "" {
		query.Set("state", string(state))
	}
	if len(query) == 0 {
		return "/backups"
	}
	return templ.SafeURL("/backups?" + query.Encode())
}

func columns(ctx context.Context) []parts.Column {
	return []parts.Column{
		{Label: locales.T(ctx, "backups.col.result")}, {Label: locales.T(ctx, "backups.col.source")}, {Label: locales.T(ctx, "backups.col.started")},
		{Label: locales.T(ctx, "backups.col.took"), Num: true}, {Label: locales.T(ctx, "backups.col.read"), Num: true},
		{Label: locales.T(ctx, "backups.col.stored"), Num: true}, {Label: locales.T(ctx, "backups.col.why")},
	}
}
