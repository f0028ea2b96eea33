// Package clock shows whether the machine's clock is trusted.
package clock

import (
	"context"

	"levqor/jobs/timecheck"
	"levqor/locales"
	"levqor/views/layout"
)

// Page is the page of the clock.
type Page struct {
	Frame      layout.Frame
	Status     timecheck.Status
	CanConfirm bool
}

func (p Page) jumped(ctx context.Context) string {
	key := "clock.jumped.ahead"
	if p.Status.Jump < 0 {
		key = "clock.jumped.back"
	}
	return locales.T(ctx, key, "by", locales.Duration(ctx, p.Status.Jump.Abs()))
}
