// Package outbox shows mails that were kept in place of being sent.
package outbox

import (
	"context"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"levqor/jobs/mail"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// List is the outbox, newest first.
type List struct {
	Frame layout.Frame
	Mails []Mail
}

// Mail is one with its words.
type Mail struct {
	Kept     mail.Kept
	Rendered mail.Rendered
	Lang     string // asked for in place of the mail's own; "" for that
}

// URL of the mail's page.
func (m Mail) URL() string { return "/outbox/" + m.Kept.ID.String() }

func state(ctx context.Context, m Mail) templ.Component {
	switch m.Kept.State {
	case "failed":
		return parts.StatusBadge(parts.StatusFailed, locales.T(ctx, "outbox.state.failed"))
	case "sent":
		return parts.StatusBadge(parts.StatusOK, locales.T(ctx, "outbox.state.sent"))
	case "unknown":
		return parts.StatusBadge(parts.StatusWarning, locales.T(ctx, "outbox.state.unknown"))
	default:
		return parts.StatusBadge(parts.StatusQueued, locales.T(ctx, "outbox.state.queued"))
	}
}

// html is the address of the mail as it looks.
func (m Mail) html() string {
	if m.Lang == "" {
		return m.URL() + "/html"
	}
	return m.URL() + "/html?lang=" + url.QueryEscape(m.Lang)
}

// piece of the text part; links can be followed.
type piece struct {
	Text string
	Link bool
}

func pieces(text string) []piece {
	var found []piece
	for line := range strings.Lines(text) {
		for word := range strings.SplitAfterSeq(line, " ") {
			bare := strings.TrimSpace(word)
			if strings.HasPrefix(bare, "http://") || strings.HasPrefix(bare, "https://") {
				found = append(found, piece{bare, true}, piece{strings.TrimPrefix(word, bare), false})
				continue
			}
			found = append(found, piece{word, false})
		}
	}
	return found
}
