// Package recovery shows staff where Levqor's own database is backed up, and the
// quarantine after it was brought back.
package recovery

import (
	"context"

	"levqor/jobs/mail"
	"levqor/jobs/recovery"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Page is what staff see.
type Page struct {
	Frame       layout.Frame
	State       recovery.State
	Open        recovery.Open
	Mails       []mail.Doubted
	Form        recovery.Place
	Problems    parts.Problems
	NeedsStepUp bool
}

func (p Page) placeTitle(ctx context.Context) string {
	if p.State.Place == "" {
		return locales.T(ctx, "recovery.page.choose_title")
	}
	return locales.T(ctx, "recovery.page.change_title")
}
