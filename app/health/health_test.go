package health_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/app/apptest"
	"levqor/jobs/config"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	wire := &wire{}
	h := apptest.New(t, func(c *config.Config) { c.DatabaseURL = wire.to(t, c.DatabaseURL) })
	nobody := h.Anonymous()
	all := func(t *testing.T, ready int, up string) {
		t.Helper()
		if answer := nobody.Get("/healthz"); answer.Status != http.StatusOK || answer.Body != "ok\n" {
			t.Errorf("healthz: %d %q", answer.Status, answer.Body)
		}
		start := time.Now()
		if answer := nobody.Get("/readyz"); answer.Status != ready {
			t.Errorf("readyz: %d %q", answer.Status, answer.Body)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("readyz took %s", took)
		}
		if answer := nobody.Get("/metrics"); answer.Status != http.StatusOK || !strings.Contains(answer.Body, "levqor_database_up "+up) || !strings.Contains(answer.Body, "go_goroutines") {
			t.Errorf("metrics: %d, not up=%s", answer.Status, up)
		}
	}
	away := func(t *testing.T, within time.Duration, paths ...string) {
		t.Helper()
		for _, path := range paths {
			start := time.Now()
			answer := h.Owner.Get(path)
			if took := time.Since(start); took > within {
				t.Errorf("%s took %s", path, took)
			}
			if answer.Status != http.StatusServiceUnavailable || !strings.Contains(answer.Body, "<h1>We will be right back</h1>") ||
				!strings.Contains(answer.Body, "data-refresh") || !strings.Contains(answer.Body, answer.Header.Get("X-Request-Id")) {
				t.Errorf("%s: %d %.300s", path, answer.Status, answer.Body)
			}
		}
	}
	back := func(t *testing.T) {
		t.Helper()
		all(t, http.StatusOK, "1")
		if answer := h.Owner.Get("/"); answer.Status != http.StatusOK {
			t.Errorf("home: %d", answer.Status)
		}
	}
	t.Run("all is well", back)
	t.Run("a database that is gone is told at once, and its return too", func(t *testing.T) {
		wire.cut()
		away(t, 10*time.Second, "/", "/sources", "/vaults")
		if answer := h.Owner.Post("/vaults", "kind", "filesystem", "name", "Attic"); answer.Status != http.StatusServiceUnavailable || strings.Contains(answer.Body, "data-refresh") {
			t.Errorf("a form: %d, or it would be sent again", answer.Status)
		}
		all(t, http.StatusServiceUnavailable, "0")
		wire.mend(t)
		back(t)
	})
	t.Run("a database that falls silent is told within seconds", func(t *testing.T) {
		wire.hush(true)
		all(t, http.StatusServiceUnavailable, "0")
		away(t, 20*time.Second, "/")
		wire.hush(false)
		wire.cut()
		wire.mend(t)
		back(t)
	})
}

// TestAReadOnlyDatabase: our own database that takes no writes, full or turned read
// only, is one that is away: 503 and when to come back, never our fault; and it is
// noticed when that is over.
func TestAReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	var address string
	h := apptest.New(t, func(c *config.Config) { address = c.DatabaseURL })
	token := h.Token("manage")
	readOnly := func(value string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		name := conn.Config().Database
		for _, sql := range []string{
			`SET default_transaction_read_only = off`, `ALTER DATABASE ` + name + ` SET default_transaction_read_only = ` + value,
			`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
		} {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask := func(key string) apptest.Answer {
		req := httptest.NewRequest(http.MethodPost, "/api/v1/vaults", strings.NewReader(`{"name":"Here","kind":"filesystem"}`))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		return h.Do(req)
	}
	readOnly("on")
	for name, answer := range map[string]apptest.Answer{
		"readyz": h.Anonymous().Get("/readyz"), "a form": h.Owner.Post("/vaults", "kind", "filesystem", "name", "Attic"), "the API": ask(""), "the API, with a key": ask("once"),
	} {
		if answer.Status != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") != "5" {
			t.Errorf("%s: %d, Retry-After %q: %.200s", name, answer.Status, answer.Header.Get("Retry-After"), answer.Body)
		}
		if strings.HasPrefix(name, "the API") && answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s", name, answer.Header.Get("Content-Type"))
		}
	}
	readOnly("off")
	h.Anonymous().Get("/readyz") // may meet connections that just ended
	if answer := h.Anonymous().Get("/readyz"); answer.Status != http.StatusOK {
		t.Errorf("readyz afterwards: %d %s", answer.Status, answer.Body)
	}
	if answer := ask("once"); answer.Status != http.StatusAccepted {
		t.Errorf("the same request afterwards: %d %s", answer.Status, answer.Body)
	}
}
