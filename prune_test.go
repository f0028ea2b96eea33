package main

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/config"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/services"
)

func TestADryPruneCountsAndChangesNothing(t *testing.T) {
	key, url := newKeyset(t), dbtest.NewURL(t)
	svc, err := services.New(t.Context(), config.Config{Dev: true, DatabaseURL: url, MasterKey: key, DataDir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(svc.Close)
	mails := 0
	query := func(sql string, args ...any) {
		t.Helper()
		err := svc.DB.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&mails) })
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		query(`INSERT INTO mails (id, kind, to_address, locale, sealed_args, created_at) VALUES ($1, 'backup_failed', 'a@example.com', 'en', 'x', now() - interval '100 days') RETURNING 0`, uuid.New())
	}
	setEnv(t, "DATABASE_URL", url, "LEVQOR_MASTER_KEY", key)
	if out, err := levqor(t, "prune"); err == nil || out != "" || !strings.HasPrefix(err.Error(), "usage: levqor prune --dry-run") {
		t.Errorf("without the word: %q, %v", out, err)
	}
	out, err := levqor(t, "prune", "--dry-run")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`mails +3 +90 days +to find out`, `audit_events +0 +2562 days +who did what`, `vaults +- +- +settings`, `snapshots +0 emptied +30 days`} {
		if !regexp.MustCompile(`(?m)^` + want).MatchString(out) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	for _, r := range svc.Pruner.Rules() {
		if !strings.Contains(out, r.Why) {
			t.Errorf("%s: does not say why", r.Table)
		}
	}
	if query(`SELECT count(*) FROM mails`); mails != 3 {
		t.Errorf("%d mails are left", mails)
	}
	query(`INSERT INTO clock_checks (seen_at, off_us, jumped_at) VALUES (clock_timestamp(), 400::bigint * 86400000000, clock_timestamp()) RETURNING 0`)
	if out, err := levqor(t, "prune", "--dry-run"); err != nil || !strings.HasPrefix(out, "Nothing goes while the clock is doubted: ") {
		t.Errorf("%v %s", err, out)
	}
}
