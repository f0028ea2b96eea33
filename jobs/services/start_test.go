package services_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/config"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/secret"
	"levqor/jobs/services"
)

// TestRefusesToStart: on a database of another schema, and with another master key,
// in one line that says what to do.
func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	key, err := secret.NewKeyset()
	must(t, err)
	other, err := secret.NewKeyset()
	must(t, err)
	start := func(address, key string) error {
		t.Helper()
		svc, err := services.New(t.Context(), config.Config{DatabaseURL: address, MasterKey: key, DataDir: t.TempDir(), BaseURL: "http://levqor.test"}, slog.New(slog.DiscardHandler))
		if err == nil {
			svc.Close()
		}
		return err
	}
	refused := func(address, key, words string) {
		t.Helper()
		if err := start(address, key); err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "\n") {
			t.Errorf("it says %v, want %q", err, words)
		}
	}
	address := dbtest.NewURL(t)
	must(t, start(address, key))
	must(t, start(address, key))
	refused(address, other, "LEVQOR_MASTER_KEY is another key")

	exec(t, address, `UPDATE installation SET sealed_key_check = NULL`) // as it was set up before there was a check
	must(t, start(address, key))
	refused(address, other, "LEVQOR_MASTER_KEY is another key")

	exec(t, address, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	refused(address, key, "newer than this levqor")
	exec(t, address, `DELETE FROM goose_db_version WHERE version_id > 20`)
	refused(address, key, "older than this levqor")
	exec(t, address, `REVOKE ALL ON goose_db_version FROM levqor_system`)
	refused(address, key, "older than this levqor")
	refused(emptyDatabase(t, address), key, "run `levqor migrate` first")
}

func emptyDatabase(t *testing.T, beside string) string {
	t.Helper()
	name := "empty_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	exec(t, beside, `CREATE DATABASE `+name)
	t.Cleanup(func() { exec(t, beside, `DROP DATABASE `+name+` WITH (FORCE)`) })
	address, err := url.Parse(beside)
	must(t, err)
	address.Path = "/" + name
	return address.String()
}

func exec(t *testing.T, address, sql string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, address)
	must(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
