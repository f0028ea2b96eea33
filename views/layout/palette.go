package layout

import (
	"context"

	"github.com/a-h/templ"

	"levqor/locales"
)

// Result of a search, as the palette shows it.
type Result struct {
	URL  templ.SafeURL
	Post bool // an action: sent as a form with csrf
	Icon string
	Text templ.Component
	Note string
}

// ResultGroup is a heading and its results: actions, sources, snapshots, pages.
type ResultGroup struct {
	Label   string
	Results []Result
}

func (f Frame) otherRail() string {
	if f.Slim {
		return "wide"
	}
	return "slim"
}

func (f Frame) railLabel(ctx context.Context) string {
	if f.Slim {
		return locales.T(ctx, "app.nav.widen")
	}
	return locales.T(ctx, "app.nav.narrow")
}

func first(name string) string {
	for _, letter := range name {
		return string(letter)
	}
	return ""
}

func role(ctx context.Context, role string) string {
	if role == "" {
		return ""
	}
	return locales.T(ctx, "app.workspace.role."+role)
}
