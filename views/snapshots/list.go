package snapshots

import (
	"context"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Shown narrows the list: "" is what there is, else held or deleted ones.
type Shown string

const (
	ShownDeleted Shown = "deleted"
	ShownHeld    Shown = "held"
)

// List is the page of all snapshots. The URLs are of this very list, narrowed
// otherwise.
type List struct {
	Frame     layout.Frame
	Snapshots []backup.Snapshot
	Sources   []source.Source
	SourceID  uuid.UUID
	Show      Shown
	Text      string
	Pages     parts.PageProps
	Tabs      map[Shown]templ.SafeURL
	HoldURL   templ.SafeURL
	Operate   bool
	Hold      HoldForm
}

// HoldForm is a hold as somebody wants it.
type HoldForm struct {
	Reason   string
	Until    string
	Picked   map[uuid.UUID]bool
	Problems parts.Problems
}

func (p List) narrowed() bool {
	return p.SourceID != uuid.Nil || p.Show != "" || p.Text != "" || p.Pages.Newest != ""
}

// picks is nil where nothing can be chosen.
func (p List) picks() map[uuid.UUID]bool {
	switch {
	case !p.Operate || p.Show == ShownDeleted:
		return nil
	case p.Hold.Picked == nil:
		return map[uuid.UUID]bool{}
	default:
		return p.Hold.Picked
	}
}

func (p List) tabs(ctx context.Context) []parts.Tab {
	return []parts.Tab{
		{Label: locales.T(ctx, "snapshots.show.all"), URL: p.Tabs[""], Current: p.Show == ""},
		{Label: locales.T(ctx, "parts.status.held"), URL: p.Tabs[ShownHeld], Current: p.Show == ShownHeld},
		{Label: locales.T(ctx, "snapshots.show.deleted"), URL: p.Tabs[ShownDeleted], Current: p.Show == ShownDeleted},
	}
}
