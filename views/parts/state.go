package parts

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"levqor/locales"
)

// Action is a link drawn as a button.
type Action struct {
	Label string
	URL   templ.SafeURL
	Icon  string
}

// EmptyProps is what stands where there is nothing yet: one action, one link.
type EmptyProps struct {
	Title  string
	Text   string
	Action Action
	Second Action
	Icon   string
	Art    templ.Component // in place of Icon
}

// ErrorProps is a page that could not be. Text and Mend are translated already.
type ErrorProps struct {
	Status    int
	Text      string
	Mend      string
	RequestID string
	Action    Action // sign in, say; empty: go home up to 405, else try again
	Again     int    // the page tries again by itself, after so many seconds
}

// title falls back to that of the status's kind.
func (p ErrorProps) title(ctx context.Context) string {
	key := "parts.error.title." + strconv.Itoa(p.Status)
	switch {
	case locales.Has(ctx, key):
	case p.Status < http.StatusInternalServerError:
		key = "parts.error.title.422"
	default:
		key = "parts.error.title.500"
	}
	return locales.T(ctx, key)
}

// says is the text, unless the title said it.
func (p ErrorProps) says(ctx context.Context) string {
	if strings.TrimSuffix(p.Text, ".") == p.title(ctx) {
		return ""
	}
	return p.Text
}

// ToastProps is a short message. Undo, if set, is the address that a POST undoes it at.
type ToastProps struct {
	Tone   Tone
	Icon   string
	Text   string
	Detail string
	Undo   string
	UndoAs string
	Action Action
}

// BannerProps is one line over the page: Tone Warn, Bad, or Neutral.
type BannerProps struct {
	Tone   Tone
	Icon   string
	Text   templ.Component
	Action Action
}
