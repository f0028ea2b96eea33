// Package localestest speaks for tests: a context with a language, and an outcry
// when a key was asked for that no file defines.
package localestest

import (
	"context"
	"testing"
	"time"

	"levqor/locales"
)

// Now is the moment that Context counts from.
var Now = time.Date(2026, time.November, 24, 10, 42, 0, 0, time.UTC)

// Context speaks that language ("en", "en-XA", "ar-XB") in UTC at Now; the test
// fails at its end if a key was missing.
func Context(t testing.TB, code string) context.Context {
	t.Helper()
	catalogue, err := locales.Load(locales.Pseudo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, key := range catalogue.Missing() {
			t.Errorf("no message for %q", key)
		}
	})
	ctx := catalogue.With(t.Context(), code)
	return locales.WithNow(locales.WithZone(ctx, time.UTC), Now)
}
