// Package notifications shows what happened that a person should know.
package notifications

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/alert"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Page is the bell's list, newest first. Older continues it; "" ends it.
type Page struct {
	Frame layout.Frame
	List  []alert.Notification
	Path  string // of this page
	Older string
	Later bool // newer ones are on another page
}

// upTo is when the newest shown one came: what "mark all read" covers.
func (p Page) upTo() string {
	if len(p.List) == 0 {
		return ""
	}
	return p.List[0].CreatedAt.UTC().Format(time.RFC3339Nano)
}

func (p Page) unread() (n int) {
	for _, note := range p.List {
		if !note.Read {
			n++
		}
	}
	return n
}

func (p Page) pages() parts.PageProps {
	var props parts.PageProps
	if p.Later {
		props.Newest = "/notifications"
	}
	if p.Older != "" {
		props.Older = templ.SafeURL("/notifications?before=" + url.QueryEscape(p.Older))
	}
	return props
}

func title(n alert.Notification) templ.Component {
	if n.Kind == alert.KindNote {
		words, _ := n.Args["title"].(string)
		return parts.Name(words)
	}
	source, _ := n.Args["source"].(string)
	vault, _ := n.Args["vault"].(string)
	return parts.Say("alert.notice."+n.Kind+".title", "source", parts.Name(source), "vault", parts.Name(vault))
}

// text is what to know besides: the failure and its mend, or the notice's own words.
func text(ctx context.Context, n alert.Notification) string {
	if key, ok := n.Args["failure_key"].(string); ok && key != "" {
		args, _ := n.Args["failure_args"].(map[string]any)
		failure := parts.FailureOf(ctx, key, args)
		if failure.Mend == "" {
			return failure.Text
		}
		return failure.Text + " " + failure.Mend
	}
	if n.Kind == alert.KindNote {
		words, _ := n.Args["text"].(string)
		return words
	}
	key := "alert.notice." + n.Kind + ".text"
	if locales.Has(ctx, key) {
		return locales.T(ctx, key, locales.Pairs(n.Args)...)
	}
	return ""
}

// times says how often it happened, "" for once.
func times(ctx context.Context, n alert.Notification) string {
	count, _ := n.Args["times"].(float64)
	if count < 2 {
		return ""
	}
	return locales.N(ctx, "alert.times", int(count))
}

func look(n alert.Notification) (tone parts.Tone, icon string) {
	switch {
	case n.Kind == "proven":
		return parts.Good, "shield-check"
	case n.Severity == alert.Success:
		return parts.Good, "circle-check"
	case n.Kind == string(alert.BackupOverdue):
		return parts.Warn, "clock"
	case n.Severity == alert.Error:
		return parts.Bad, "circle-x"
	case n.Severity == alert.Warning:
		return parts.Warn, "triangle-alert"
	default:
		return parts.Now, "info"
	}
}
