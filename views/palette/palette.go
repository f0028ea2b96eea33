// Package palette puts what a search found into the palette's groups.
package palette

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"levqor/jobs/overview"
	"levqor/locales"
	"levqor/views/help"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Page is the palette for those without JavaScript.
type Page struct {
	Frame  layout.Frame
	Query  string
	Groups []layout.ResultGroup
}

// Groups are the results in the order that people look: what to do, things by
// name, pages, help. An empty query shows actions and pages.
func Groups(ctx context.Context, f layout.Frame, query string, found overview.Found) []layout.ResultGroup {
	var groups []layout.ResultGroup
	add := func(label string, results []layout.Result) {
		if len(results) > 0 {
			groups = append(groups, layout.ResultGroup{Label: label, Results: results})
		}
	}
	add(locales.T(ctx, "palette.do"), actions(ctx, query, found.Actions))
	add(locales.T(ctx, "app.nav.sources"), things(ctx, query, "source", found.Things))
	add(locales.T(ctx, "app.nav.vaults"), things(ctx, query, "vault", found.Things))
	add(locales.T(ctx, "app.nav.snapshots"), things(ctx, query, "snapshot", found.Things))
	add(locales.T(ctx, "app.nav.workflows"), things(ctx, query, "workflow", found.Things))
	add(locales.T(ctx, "palette.pages"), pages(ctx, query, f))
	if query != "" {
		add(locales.T(ctx, "palette.help"), topics(ctx, query))
	}
	return groups
}

func actions(ctx context.Context, query string, list []overview.Action) (results []layout.Result) {
	for _, a := range list {
		key := "overview.action." + a.Name
		if !matches(locales.T(ctx, key, "name", a.Subject), query) {
			continue
		}
		results = append(results, layout.Result{
			URL: templ.SafeURL(a.Path), Post: a.Post, Icon: actionIcon(a.Name), Text: parts.Say(key, "name", marked(a.Subject, query)),
		})
	}
	return results
}

func actionIcon(name string) string {
	switch name {
	case "add_source", "add_vault", "new_workflow":
		return "plus"
	case "back_up":
		return "archive"
	case "prove", "prove_all":
		return "shield-check"
	case "restore":
		return "rotate-ccw-clock"
	case "run":
		return "play"
	case "see_audit":
		return "scroll-text"
	case "see_kit", "see_tokens":
		return "key-round"
	default:
		return "users"
	}
}

func things(ctx context.Context, query, kind string, list []overview.Thing) (results []layout.Result) {
	for _, t := range list {
		if t.Kind != kind {
			continue
		}
		r := layout.Result{URL: templ.SafeURL(t.Path), Icon: thingIcon(kind), Text: marked(t.Name, query)}
		if t.At != nil {
			id := t.ID.String()
			r.Text, r.Note = both(parts.Mono(id[len(id)-8:]), marked(t.Name, query)), locales.When(ctx, *t.At)
		}
		results = append(results, r)
	}
	return results
}

func thingIcon(kind string) string {
	switch kind {
	case "snapshot":
		return "layers"
	case "vault":
		return "vault"
	case "workflow":
		return "workflow"
	default:
		return "database"
	}
}

func pages(ctx context.Context, query string, f layout.Frame) (results []layout.Result) {
	for _, p := range f.Pages(ctx) {
		if matches(p.Label, query) {
			results = append(results, layout.Result{URL: p.URL, Icon: p.Icon, Text: marked(p.Label, query)})
		}
	}
	return results
}

const mostTopics = 5

func topics(ctx context.Context, query string) (results []layout.Result) {
	for _, t := range help.Find(ctx, query, mostTopics) {
		results = append(results, layout.Result{URL: t.URL(), Icon: "book-open", Text: marked(t.Title(ctx), query)})
	}
	return results
}

// matches reports whether each word of the query is in the text.
func matches(text, query string) bool {
	text = strings.ToLower(text)
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
