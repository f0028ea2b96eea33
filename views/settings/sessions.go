package settings

import (
	"context"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/locales"
)

// SessionsPage lists where the person is signed in.
type SessionsPage struct {
	Base
	Open    []account.Signed
	Current uuid.UUID
}

// device is "Firefox on Windows", or what of it is known.
func device(ctx context.Context, userAgent string) string {
	browser, system := account.Known(userAgent)
	switch {
	case browser == "" && system == "":
		return locales.T(ctx, "mail.device.unknown")
	case browser == "" || system == "":
		return browser + system
	default:
		return locales.T(ctx, "mail.device.known", "browser", browser, "system", system)
	}
}

// deviceIcon tells a phone from a desk.
func deviceIcon(userAgent string) string {
	switch _, system := account.Known(userAgent); system {
	case "Android", "iPad", "iPhone":
		return "smartphone"
	default:
		return "monitor"
	}
}
