package db_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
)

func TestEveryTableIsGuarded(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	rows, err := d.Pool().Query(t.Context(), `
		SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
			EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped),
			has_table_privilege('levqor_app', c.oid, 'SELECT')
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
		  AND c.relname NOT LIKE 'river\_%' AND c.relname <> 'goose_db_version'`)
	if err != nil {
		t.Fatal(err)
	}
	var name string
	var guarded, tenant, readable bool
	tables := 0
	_, err = pgx.ForEachRow(rows, []any{&name, &guarded, &tenant, &readable}, func() error {
		tables++
		if tenant && readable && !guarded {
			t.Errorf("%s has a workspace_id, is readable and has no forced row-level security", name)
		}
		if !tenant && readable && name != "clock_checks" && name != "test_clock" {
			t.Errorf("%s belongs to no workspace, yet every workspace's transactions may read it", name)
		}
		return nil
	})
	if err != nil || tables < 10 {
		t.Fatalf("%d tables, %v", tables, err)
	}
}

func TestInWorkspace(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	mine, theirs := dbtest.Workspace(t, d), dbtest.Workspace(t, d)
	count := func(run func(context.Context, func(context.Context, pgx.Tx) error) error) (n int) {
		t.Helper()
		err := run(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM members WHERE workspace_id = ANY($1)`,
				[]uuid.UUID{mine.Workspace, theirs.Workspace}).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	in := func(workspace uuid.UUID) func(context.Context, func(context.Context, pgx.Tx) error) error {
		return func(ctx context.Context, fn func(context.Context, pgx.Tx) error) error {
			return d.InWorkspace(ctx, workspace, fn)
		}
	}
	if n := count(in(mine.Workspace)); n != 1 {
		t.Errorf("a workspace sees %d of 2 members, want its own", n)
	}
	if n := count(in(uuid.New())); n != 0 {
		t.Errorf("an unknown workspace sees %d members", n)
	}
	if n := count(d.AsSystem); n != 2 {
		t.Errorf("system work sees %d members, want both", n)
	}
	t.Run("can't write another workspace's row", func(t *testing.T) {
		err := d.InWorkspace(t.Context(), mine.Workspace, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, 'owner', now())`, theirs.Workspace, mine.ID)
			return err
		})
		if err == nil {
			t.Fatal("written")
		}
	})
	t.Run("nothing stays set after the transaction", func(t *testing.T) {
		var n int
		if err := d.Pool().QueryRow(t.Context(), `SELECT count(*) FROM members`).Scan(&n); err != nil || n != 0 {
			t.Fatalf("%d, %v", n, err)
		}
	})
}

func TestRefusesARoleThatBypasses(t *testing.T) {
	t.Parallel()
	address := dbtest.NewURL(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `ALTER TABLE workspaces OWNER TO levqor_app`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), address, 2); err == nil {
		t.Fatal("opened as the tables' owner")
	}
}
