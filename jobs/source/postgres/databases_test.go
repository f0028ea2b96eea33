package postgres

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"levqor/jobs/db/embedded"
	"levqor/jobs/fail"
)

// lone is a server of one test, for what concerns all databases of one.
func lone(t *testing.T, params map[string]string) Config {
	t.Helper()
	bin, err := embedded.Find(t.Context(), os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "levqor-lone-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: filepath.Join(dir, "pg"), Bin: bin, Port: embedded.FreePort, Fast: true, Params: params})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return access(s)
}

func keysOf(notes []Note) (keys []string) {
	for _, n := range notes {
		name, _ := n.Args["name"].(string)
		if names, ok := n.Args["names"].([]string); ok {
			name = names[0]
		}
		keys = append(keys, n.Key[len("postgres.note."):]+" "+name)
	}
	return keys
}

func TestEveryDatabaseOfTheServerIsAccountedFor(t *testing.T) {
	t.Parallel()
	c := lone(t, nil)
	for _, sql := range []string{
		`CREATE ROLE ro LOGIN PASSWORD 'x'`, `GRANT pg_read_all_data TO ro`, `CREATE DATABASE shop`,
		`CREATE DATABASE payroll`, `REVOKE CONNECT ON DATABASE payroll FROM PUBLIC`,
		`CREATE DATABASE tpl_data IS_TEMPLATE true`, `CREATE DATABASE closed ALLOW_CONNECTIONS false`,
		`CREATE DATABASE broken`, `UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'broken'`,
	} {
		run(t, c, "postgres", sql)
	}
	run(t, c, "tpl_data", `CREATE TABLE t AS SELECT 1 AS one`)
	reader := c
	reader.User, reader.Password = "ro", "x"

	steps, facts, err := tried(t, reader)
	missing := []string{"database_invalid broken", "database_closed closed", "database_denied payroll"}
	if err != nil || !slices.Equal(keysOf(facts.Notes), missing) || facts.Databases != 3 {
		t.Fatalf("the test: %v, %v, %+v", err, keysOf(facts.Notes), facts)
	}
	if s := steps[4]; s.Key != "postgres.step.privilege_partly" || s.Args["of"] != 6 {
		t.Errorf("the step: %+v", s)
	}
	_, truth := dump(t, reader)
	var held []string
	for _, d := range truth.Databases {
		held = append(held, d.Name)
	}
	if !slices.Equal(held, []string{"postgres", "shop", "tpl_data"}) || !slices.Equal(keysOf(truth.Notes), missing) || truth.Uncovered != 3 {
		t.Fatalf("the backup holds %v, misses %v, %d uncovered", held, keysOf(truth.Notes), truth.Uncovered)
	}

	// Each note's SQL mends it, or a person leaves the database out by name.
	for _, n := range truth.Notes[1:] {
		run(t, c, "postgres", n.MendSQL)
	}
	reader.ExcludeDatabases = []string{"broken"}
	run(t, c, "postgres", `CREATE DATABASE newcomer`)
	_, truth = dump(t, reader)
	if len(truth.Databases) != 6 || truth.Uncovered != 0 || !slices.Equal(keysOf(truth.Notes), []string{"databases_excluded broken"}) {
		t.Errorf("mended: %d databases, %d uncovered, %v", len(truth.Databases), truth.Uncovered, keysOf(truth.Notes))
	}

	// One that can't be entered any more is told of by the next backup.
	run(t, c, "postgres", `REVOKE CONNECT ON DATABASE shop FROM PUBLIC`)
	if _, truth = dump(t, reader); truth.Uncovered != 1 || !slices.Contains(keysOf(truth.Notes), "database_denied shop") {
		t.Errorf("closed to us: %d uncovered, %v", truth.Uncovered, keysOf(truth.Notes))
	}

	// What people put into template1 is theirs too.
	run(t, c, "template1", `CREATE TABLE put_here (id int)`)
	if _, truth = dump(t, reader); !slices.ContainsFunc(truth.Databases, func(d Database) bool { return d.Name == "template1" }) {
		t.Error("template1 is not in the backup")
	}

	reader.Databases = []string{"shop"}
	_, err = Dump(t.Context(), reader, time.Now(), newShelf().put, nil)
	wantFailure(t, err, fail.ClassCredentials, "postgres.fail.no_database")
	reader.Databases = []string{"postgres", "shop"}
	if _, truth = dump(t, reader); truth.Uncovered != 1 || len(truth.Databases) != 1 {
		t.Errorf("a chosen one that is closed: %d uncovered, %d databases", truth.Uncovered, len(truth.Databases))
	}
}
