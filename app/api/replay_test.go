package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"levqor/app/apptest"
)

// once asks with an Idempotency-Key.
func once(h *apptest.House, token, key, path, body string) apptest.Answer {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", key)
	return h.Do(req)
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	token := h.Token("manage")
	const vaults = "/api/v1/vaults"
	first := once(h, token, "a", vaults, `{"name":"Here","kind":"filesystem"}`)
	if first.Status != 202 {
		t.Fatalf("%d %s", first.Status, first.Body)
	}
	made := func() int64 { return h.Count(`SELECT count(*) FROM vaults WHERE workspace_id = $1`, h.Actor.Workspace) }

	t.Run("the same request is answered the same and done once", func(t *testing.T) {
		again := once(h, token, "a", vaults, `{"name":"Here","kind":"filesystem"}`)
		if again.Status != 202 || again.Body != first.Body || again.Location() != first.Location() || again.Header.Get("ETag") != first.Header.Get("ETag") || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%d %s, first %s", again.Status, again.Body, first.Body)
		}
		if n := made(); n != 1 {
			t.Errorf("%d vaults", n)
		}
	})
	t.Run("another body under the same key is refused", func(t *testing.T) {
		if p := problemOf(t, once(h, token, "a", vaults, `{"name":"There","kind":"filesystem"}`)); p.Status != 409 || p.Code != "api.fail.key_used" || made() != 1 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("so is another address", func(t *testing.T) {
		if p := problemOf(t, once(h, token, "a", "/api/v1/sources", `{"name":"Here","kind":"filesystem"}`)); p.Status != 409 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("keys belong to their token", func(t *testing.T) {
		if p := problemOf(t, once(h, h.Token("read"), "a", vaults, `{"name":"Here","kind":"filesystem"}`)); p.Status != 403 {
			t.Errorf("a reader with a manager's key: %+v", p)
		}
	})
	t.Run("what failed may be tried again", func(t *testing.T) {
		if p := problemOf(t, once(h, token, "b", vaults, `{"name":"Here","kind":"filesystem"}`)); p.Status != 409 {
			t.Errorf("a taken name: %+v", p)
		}
		if a := once(h, token, "b", vaults, `{"name":"There","kind":"filesystem"}`); a.Status != 202 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})
	t.Run("of many at once one is done", func(t *testing.T) {
		before := made()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if a := once(h, token, "c", vaults, `{"name":"Race","kind":"filesystem"}`); a.Status != 202 && a.Status != 409 {
					t.Errorf("%d %s", a.Status, a.Body)
				}
			})
		}
		wg.Wait()
		if n := made(); n != before+1 {
			t.Errorf("%d more", n-before)
		}
	})
	t.Run("a key is plain and short", func(t *testing.T) {
		for _, key := range []string{"ü", "a\tb", strings.Repeat("k", 201)} {
			if p := problemOf(t, once(h, token, key, vaults, `{}`)); p.Status != 422 || p.Fields[0].Field != "Idempotency-Key" {
				t.Errorf("%.10q: %+v", key, p)
			}
		}
	})
	t.Run("a key is forgotten after a day", func(t *testing.T) {
		h.Services.Clock.Shift(25 * time.Hour)
		if err := h.Services.Replays.Sweep(t.Context()); err != nil || h.Count(`SELECT count(*) FROM api_replays`) != 0 {
			t.Errorf("%v", err)
		}
		if p := problemOf(t, once(h, token, "a", vaults, `{"name":"Here","kind":"filesystem"}`)); p.Code != "vault.fail.name_used" {
			t.Errorf("done anew: %+v", p)
		}
	})
}
