package services_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/config"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/secret"
	"levqor/jobs/services"
)

func newServices(t *testing.T) *services.Services {
	t.Helper()
	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	svc, err := services.New(t.Context(), config.Config{DatabaseURL: dbtest.NewURL(t), MasterKey: keyset, DataDir: t.TempDir(), Grace: 7 * 24 * time.Hour}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(svc.Close)
	return svc
}

// TestEveryTableHasABound: a table that nobody bounds fails the build.
func TestEveryTableHasABound(t *testing.T) {
	t.Parallel()
	svc := newServices(t)
	rows, err := svc.DB.Pool().Query(t.Context(), `
		SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
		AND c.relname NOT LIKE 'river\_%' AND c.relname <> 'goose_db_version'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 30 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	var bound []string
	for _, r := range svc.Pruner.Rules() {
		bound = append(bound, r.Table)
		if r.Why == "" || r.Age == 0 && (r.Where != "" || r.Call != "") || r.Age != 0 && r.Where == "" && r.Call == "" {
			t.Errorf("half a rule: %+v", r)
		}
		if !slices.Contains(tables, r.Table) {
			t.Errorf("%s is bounded, and is not there", r.Table)
		}
	}
	for _, table := range tables {
		if !slices.Contains(bound, table) {
			t.Errorf("%s grows without a bound: register how long its rows are kept", table)
		}
	}
}

func TestOldRowsGoAndWhatIsNeededStays(t *testing.T) {
	t.Parallel()
	svc := newServices(t)
	owner := dbtest.Workspace(t, svc.DB)
	now := svc.Clock.Now()
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	h := drilltest.New(t, svc.DB, owner, "orders", ago(900))
	_, old := h.Backup(ago(800), 10)
	h.Drill(ago(790), true)
	h.Backup(ago(500), 10)
	h.Drill(ago(450), true)
	h.Backup(ago(1), 10)
	h.FailedBackup(ago(300), "credentials", "postgres.fail.login")
	exec := func(sql string, args ...any) {
		t.Helper()
		err := svc.DB.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sql, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	count := func(sql string, args ...any) (n int) {
		t.Helper()
		err := svc.DB.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&n) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	exec(`UPDATE snapshots SET state = 'deleted', deleted_at = $2, truth = '{"x": 1}' WHERE id = $1`, old, ago(700))
	mail := func(kind string, at time.Time) {
		exec(`INSERT INTO mails (id, kind, to_address, locale, sealed_args, created_at) VALUES ($1, $2, 'a@example.com', 'en', 'x', $3)`, uuid.New(), kind, at)
	}
	mail("sign_in", ago(2))
	mail("sign_in", now)
	mail("backup_failed", ago(2))
	mail("backup_failed", ago(100))
	exec(`INSERT INTO audit_events (workspace_id, at, actor_kind, actor_name, action, subject_kind, subject_id) VALUES ($1, $2, 'system', 'x', 'x', 'x', 'old'), ($1, $3, 'system', 'x', 'x', 'x', 'young')`,
		owner.Workspace, ago(8*366), ago(6*366))
	dry, err := svc.Pruner.DryRun(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]int64{}
	for _, p := range dry {
		counted[p.Table] += p.Rows
	}
	if counted["tasks"] != 3 || counted["mails"] != 2 {
		t.Errorf("a dry run counts %v", counted)
	}
	if n := count(`SELECT count(*) FROM tasks`); n != 6 {
		t.Fatalf("%d tasks after a dry run", n)
	}
	exec(`INSERT INTO clock_checks (seen_at, off_us, jumped_at) VALUES (clock_timestamp(), 400::bigint * 86400000000, clock_timestamp())`)
	if err := svc.Pruner.Sweep(t.Context()); err == nil || !strings.Contains(err.Error(), "clock.fail.jumped") {
		t.Errorf("while the clock is doubted: %v", err)
	}
	exec(`DELETE FROM clock_checks`)
	for range 2 {
		if err := svc.Pruner.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for what, c := range map[string]struct {
		sql  string
		want int
	}{
		"backups: the last, and those of copies that are there": {`SELECT count(*) FROM backups`, 2},
		"drills: the last with a proof":                         {`SELECT count(*) FROM drills`, 1},
		"what a deleted snapshot held":                          {`SELECT count(*) FROM snapshots WHERE truth ? 'x'`, 0},
		"snapshots in the vault":                                {`SELECT count(*) FROM snapshots WHERE state = 'good'`, 2},
		"mails":                                                 {`SELECT count(*) FROM mails`, 2},
		"the audit log":                                         {`SELECT count(*) FROM audit_events WHERE subject_id IN ('old', 'young')`, 1},
	} {
		if n := count(c.sql); n != c.want {
			t.Errorf("%s: %d are left, want %d", what, n, c.want)
		}
	}
}
