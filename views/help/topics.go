// Package help is the help inside the app: short topics, true of this version.
package help

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"levqor/locales"
	"levqor/views/layout"
)

// Page is the list of topics, or one of them.
type Page struct {
	Frame layout.Frame
	Topic Topic
}

// Topic is one page of help; its words are help.topic.<name>: title, lead, body.
type Topic struct {
	Name string
	Icon string
}

// Topics in the order that people need them.
func Topics() []Topic {
	return []Topic{
		{"first_steps", "compass"}, {"sources", "plug"}, {"plans", "calendar-clock"}, {"proofs", "shield-check"}, {"restores", "rotate-ccw-clock"},
		{"vaults", "vault"}, {"workflows", "workflow"}, {"expressions", "braces"}, {"alerts", "bell-ring"}, {"people", "users"}, {"api", "code"}, {"hosting", "server"}, {"keys", "keyboard"},
	}
}

// Named finds a topic by the last part of its address.
func Named(slug string) (Topic, bool) {
	at := slices.IndexFunc(Topics(), func(t Topic) bool { return t.slug() == slug })
	if at < 0 {
		return Topic{}, false
	}
	return Topics()[at], true
}

func (t Topic) slug() string { return strings.ReplaceAll(t.Name, "_", "-") }

// URL of the topic's page.
func (t Topic) URL() templ.SafeURL { return templ.SafeURL("/help/" + t.slug()) }

// Title of the topic.
func (t Topic) Title(ctx context.Context) string {
	return locales.T(ctx, "help.topic."+t.Name+".title")
}

func (t Topic) lead(ctx context.Context) string {
	return locales.T(ctx, "help.topic."+t.Name+".lead")
}

func (t Topic) body(ctx context.Context) string {
	return locales.T(ctx, "help.topic."+t.Name+".body")
}

// Find is the topics that have every word of the query: first those that have
// them in the title, then in the text.
func Find(ctx context.Context, query string, most int) []Topic {
	words := strings.Fields(strings.ToLower(query))
	var titled, other []Topic
	for _, t := range Topics() {
		title := strings.ToLower(t.Title(ctx))
		switch {
		case hasAll(title, words):
			titled = append(titled, t)
		case hasAll(title+" "+strings.ToLower(t.lead(ctx)+" "+t.body(ctx)), words):
			other = append(other, t)
		}
	}
	found := append(titled, other...)
	return found[:min(most, len(found))]
}

func hasAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}
