package sources

import (
	"context"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/locales"
	"levqor/views/parts"
)

// Tab names a view of one source.
type Tab string

const (
	TabOverview  Tab = "overview"
	TabRetention Tab = "retention"
	TabSettings  Tab = "settings"
)

// Tabs are the views of one source. plan is the one whose retention is shown; nil
// while there is none.
func Tabs(ctx context.Context, id uuid.UUID, plan *uuid.UUID, current Tab, manage bool) []parts.Tab {
	tab := func(name Tab, label string, url templ.SafeURL) parts.Tab {
		return parts.Tab{Label: label, URL: url, Current: name == current}
	}
	of := "?source=" + id.String()
	tabs := []parts.Tab{
		tab(TabOverview, locales.T(ctx, "sources.tab.overview"), url(id, "")),
		tab("backups", locales.T(ctx, "app.nav.backups"), templ.SafeURL("/backups"+of)),
		tab("snapshots", locales.T(ctx, "app.nav.snapshots"), templ.SafeURL("/snapshots"+of)),
	}
	tabs = append(tabs, tab("proofs", locales.T(ctx, "sources.tab.proofs"), templ.SafeURL("/drills"+of)))
	if plan != nil {
		tabs = append(tabs, tab(TabRetention, locales.T(ctx, "plans.retention"), templ.SafeURL("/plans/"+plan.String()+"/retention")))
	}
	if manage {
		tabs = append(tabs, tab(TabSettings, locales.T(ctx, "app.nav.settings"), url(id, "/settings")))
	}
	return tabs
}
