package postgres

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"levqor/jobs/db/embedded"
)

func TestManyTablesTakeNoMoreLocksThanPgDump(t *testing.T) {
	t.Parallel()
	c := lone(t, map[string]string{"max_connections": "20", "max_locks_per_transaction": "10"})
	run(t, c, "postgres", `DO $$ BEGIN FOR i IN 1..330 LOOP EXECUTE format('CREATE TABLE t%s (id int)', i); IF i % 50 = 0 THEN COMMIT; END IF; END LOOP; END $$`)
	run(t, c, "postgres", `INSERT INTO t7 SELECT generate_series(1, 20)`)
	if _, truth := dump(t, c); truth.Tables() != 330 || truth.Rows() != 20 {
		t.Errorf("%d tables, %d rows", truth.Tables(), truth.Rows())
	}
}

func TestAStandbyIsBackedUpWithoutItsUnloggedTables(t *testing.T) {
	t.Parallel()
	bin, err := embedded.Find(t.Context(), os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "levqor-standby-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	options := embedded.Options{Dir: filepath.Join(dir, "pg"), Bin: bin, Port: embedded.FreePort, Fast: true, Params: map[string]string{"wal_level": "replica", "hot_standby": "on"}}
	primary, err := embedded.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	run(t, access(primary), "postgres", `CREATE TABLE kept AS SELECT generate_series(1, 10) g; CREATE UNLOGGED TABLE quick AS SELECT generate_series(1, 5) g`)
	run(t, access(primary), "postgres", `CHECKPOINT`)
	if err := primary.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	versions, _ := filepath.Glob(filepath.Join(dir, "pg", "*", "PG_VERSION"))
	if len(versions) != 1 {
		t.Fatalf("where is the data? %v", versions)
	}
	signal := filepath.Join(filepath.Dir(versions[0]), "standby.signal")
	if err := os.WriteFile(signal, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	standby, err := embedded.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Stop(context.Background()) })
	c := access(standby)
	if !value[bool](t, c, "postgres", `SELECT pg_is_in_recovery()`) {
		t.Fatal("this is no standby")
	}
	if _, _, err := tried(t, c); err != nil {
		t.Errorf("its test: %v", err)
	}
	_, truth := dump(t, c)
	if truth.Rows() != 10 || truth.Tables() != 2 || !slices.Equal(keysOf(truth.Notes), []string{"unlogged_on_standby postgres"}) {
		t.Errorf("%d rows, %v", truth.Rows(), keysOf(truth.Notes))
	}
}
