package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"levqor/app/apptest"
)

func TestFailuresArePages(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("what is not there", func(t *testing.T) {
		answer := h.Owner.Get("/nothing/here")
		if answer.Status != http.StatusNotFound || !strings.Contains(answer.Body, "<h1>There is nothing here</h1>") {
			t.Errorf("%d %.200s", answer.Status, answer.Body)
		}
	})
	t.Run("a write from another site", func(t *testing.T) {
		req := httptest.NewRequest(http.MethodPost, "/sign-out", nil)
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		answer := h.Owner.Do(req)
		if answer.Status != http.StatusForbidden || !strings.Contains(answer.Body, "This came from another site") {
			t.Errorf("%d %.200s", answer.Status, answer.Body)
		}
	})
	t.Run("a part of a page", func(t *testing.T) {
		answer := h.Owner.Fragment("/nothing/here")
		if answer.Status != http.StatusNotFound || !strings.Contains(answer.Body, "data-toast") {
			t.Errorf("%d %.200s", answer.Status, answer.Body)
		}
	})
}
