package postgres

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"levqor/jobs/fail"
)

func nasty(t testing.TB) string {
	t.Helper()
	sql, err := os.ReadFile("testdata/nasty.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(sql)
}

func TestANastyDatabaseComesBackTheSame(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name := unique(`na"sty db\ host=127.0.0.9`)
	database(t, c, name, nasty(t))
	c.Databases = []string{name}
	stored, truth := dump(t, c)

	t.Run("as superuser, beside the old one", func(t *testing.T) {
		t.Parallel()
		copied := unique("copied")
		done, err := Restore(t.Context(), Target{Config: c, Names: map[string]string{name: copied}}, truth, stored.open, time.Now(), &Progress{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE `+ident(copied)) })
		if done.Rows != truth.Rows() || done.Names[name] != copied {
			t.Errorf("restored %+v, recorded %d rows", done, truth.Rows())
		}
		if wrong := bad(mustCompare(t, c, done.Names, truth)); len(wrong) > 0 {
			t.Errorf("differs: %+v", wrong)
		}
		run(t, c, copied, `UPDATE types SET n = n + 1 WHERE id = 7`)
		wrong := bad(mustCompare(t, c, done.Names, truth))
		if len(wrong) != 1 || wrong[0].Group != GroupHash || wrong[0].Name != name+".public.types" {
			t.Errorf("one changed value gives %+v", wrong)
		}
		run(t, c, copied, `DELETE FROM only_dots WHERE ctid = '(0,1)'; DROP INDEX trgm`)
		if wrong := bad(mustCompare(t, c, done.Names, truth)); len(wrong) != 4 {
			t.Errorf("a lost row and a lost index give %+v", wrong)
		}
		if got := value[int64](t, c, copied, `SELECT nextval('lonely') * 1000 + nextval('serial_one_id_seq')`); got != 41034 {
			t.Errorf("sequences go on at %d", got)
		}
	})
	t.Run("in a drill, without a superuser", func(t *testing.T) {
		t.Parallel()
		where := scratch(t)
		done, err := Restore(t.Context(), Target{Config: where}, truth, stored.open, time.Now(), &Progress{})
		if err != nil {
			t.Fatal(err)
		}
		if wrong := bad(mustCompare(t, where, done.Names, truth)); len(wrong) > 0 {
			t.Errorf("differs: %+v", wrong)
		}
		for _, role := range truth.Roles {
			if n := value[int](t, where, "postgres", `SELECT count(*) FROM pg_roles WHERE rolname = `+literal(role.Name)); n != 1 {
				t.Errorf("the role %s did not come back", role.Name)
			}
		}
	})
	t.Run("a second dump is the same, byte for byte", func(t *testing.T) {
		t.Parallel()
		again, _ := dump(t, c)
		for path, text := range stored.objects {
			if strings.HasSuffix(path, ".sql") && path != GlobalsObject && !bytes.Equal(text, again.objects[path]) {
				t.Errorf("%s differs", path)
			}
		}
	})
	t.Run("single tables come back alone", func(t *testing.T) {
		t.Parallel()
		copied := unique("some")
		target := Target{Config: c, Names: map[string]string{name: copied}, Only: []TableName{
			{name, "public", "measures"}, {name, "public", "nasty_text"}, {name, `Wei.rd "Schema"`, "a*b?|(c)[d]$"}, {name, "public", "right_side"}, {name, "public", "serial_one"},
		}}
		done, err := Restore(t.Context(), target, truth, stored.open, time.Now(), &Progress{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE `+ident(copied)) })
		expected, err := target.Expect(truth)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := bad(mustCompare(t, c, done.Names, expected)); len(wrong) > 0 {
			t.Errorf("differs: %+v", wrong)
		}
		if n := value[int](t, c, copied, `SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text !~ '^pg_|^information_schema'`); n != 9 {
			t.Errorf("%d tables came back, not 9", n)
		}
		if n := value[int](t, c, copied, `SELECT count(*) FROM pg_class WHERE relkind = 'S'`); n != 1 {
			t.Errorf("%d sequences came back", n)
		}
		if n := value[int](t, c, copied, `SELECT count(*) FROM pg_indexes WHERE tablename IN ('right_side', 'nasty_text', 'serial_one')`); n != 3 {
			t.Errorf("%d indexes came back", n)
		}
	})
}

func TestARestoreRefuses(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name := unique("refuse")
	database(t, c, name, `CREATE TABLE a AS SELECT g FROM generate_series(1, 20000) g`)
	c.Databases = []string{name}
	stored, truth := dump(t, c)
	at := time.Now()
	restore := func(target Target) error {
		_, err := Restore(t.Context(), target, truth, stored.open, at, nil)
		return err
	}
	wantFailure(t, restore(Target{Config: c}), fail.ClassConfig, "postgres.fail.name_taken")
	wantFailure(t, restore(Target{Config: c, Names: map[string]string{"other": "x"}}), fail.ClassConfig, "postgres.fail.not_in_copy")
	wantFailure(t, restore(Target{Config: c, Only: []TableName{{name, "public", "b"}}}), fail.ClassConfig, "postgres.fail.not_in_copy")
	wantFailure(t, restore(Target{Config: c, Only: []TableName{{name, "public", "a"}}, DropExisting: true}), fail.ClassConfig, "postgres.fail.only_beside")

	fresh := unique("half")
	there := func() bool {
		return value[bool](t, c, "postgres", `SELECT EXISTS (SELECT FROM pg_database WHERE datname = `+literal(fresh)+`)`)
	}
	rest := truth.Databases[0].Folder + "/data/rest.sql"
	whole := stored.objects[rest]
	lines := bytes.SplitAfter(whole, []byte("\n"))
	stored.objects[rest] = bytes.Join(lines[:len(lines)/2], nil)
	if err := restore(Target{Config: c, Names: map[string]string{name: fresh}}); err == nil || there() {
		t.Errorf("a cut stream: %v, the database is left: %v", err, there())
	}
	stored.objects[rest] = bytes.Replace(whole, []byte("\n777\n"), []byte("\n"), 1)
	err := restore(Target{Config: c, DropExisting: true})
	wantFailure(t, err, fail.ClassDamaged, "postgres.fail.incomplete_live")
	kept := freshName(name, at, 0)
	t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE IF EXISTS `+ident(kept)) })
	if live, beside := value[int](t, c, name, `SELECT count(*) FROM a`), value[int](t, c, kept, `SELECT count(*) FROM a`); live != 20000 || beside != 19999 {
		t.Errorf("live %d rows, what came back %d", live, beside)
	}
	done, err := Restore(t.Context(), Target{Config: c, Names: map[string]string{name: fresh}}, truth, stored.open, at, nil)
	told := slices.ContainsFunc(done.Notes, func(n Note) bool { return n.Key == "postgres.note.table_damaged" })
	if err != nil || done.Rows != 19999 || done.Short != 1 || !told {
		t.Errorf("a row less gives %+v, %v", done, err)
	}
	run(t, c, "postgres", `DROP DATABASE `+ident(fresh))
}

func TestARestoreOverLiveDataKeepsTheOldState(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name := unique("live")
	database(t, c, name, `CREATE TABLE a AS SELECT g FROM generate_series(1, 100) g; ALTER DATABASE `+name+` SET search_path = "$user", public, "od""d"`)
	c.Databases = []string{name}
	stored, truth := dump(t, c)
	run(t, c, name, `DELETE FROM a`)
	busy := connect(t, c, name)
	defer busy.Close(t.Context())
	done, err := Restore(t.Context(), Target{Config: c, DropExisting: true}, truth, stored.open, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	kept := done.Kept[name]
	t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE IF EXISTS `+ident(kept)+` WITH (FORCE)`) })
	if n := value[int](t, c, name, `SELECT count(*) FROM a`); n != 100 {
		t.Errorf("the restored database has %d rows", n)
	}
	if n := value[int](t, c, kept, `SELECT count(*) FROM a`); n != 0 {
		t.Errorf("the kept database has %d rows", n)
	}
	if path := value[string](t, c, name, `SHOW search_path`); path != `"$user", public, "od""d"` {
		t.Errorf("search_path is %s", path)
	}
}

func TestExcludedTablesAreInNoBackup(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name, role := unique("excl"), unique("reader")
	database(t, c, name, `
		CREATE SCHEMA audit; CREATE TABLE audit.events (id serial PRIMARY KEY); INSERT INTO audit.events DEFAULT VALUES;
		CREATE TABLE public.orders (id int PRIMARY KEY, event int REFERENCES audit.events); INSERT INTO orders VALUES (1, 1);
		CREATE VIEW seen AS SELECT * FROM audit.events; CREATE VIEW seen_twice AS SELECT * FROM seen;
		CREATE ROLE `+role+` LOGIN PASSWORD 'x'; GRANT SELECT ON orders TO `+role)
	t.Cleanup(func() { run(t, c, "postgres", `DROP ROLE `+role) })
	t.Cleanup(func() { run(t, c, name, `DROP OWNED BY `+role) })
	reader := c
	reader.User, reader.Password, reader.Databases = role, "x", []string{name}
	_, err := Dump(t.Context(), reader, time.Now(), newShelf().put, nil)
	wantFailure(t, err, fail.ClassCredentials, "postgres.fail.privilege")

	reader.Exclude = []string{name + ".audit.events"}
	stored, truth := dump(t, reader)
	if len(truth.Excluded) != 1 || truth.Excluded[0] != name+".audit.events" || truth.Tables() != 1 {
		t.Fatalf("truth %+v", truth)
	}
	where := scratch(t)
	done, err := Restore(t.Context(), Target{Config: where}, truth, stored.open, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := bad(mustCompare(t, where, done.Names, truth)); len(wrong) > 0 {
		t.Errorf("differs: %+v", wrong)
	}
}

func TestARoleThatMayOnlyCreateDatabasesRestoresForItself(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name, role, copied := unique("plain"), unique("creator"), unique("plain_copy")
	database(t, c, name, `CREATE EXTENSION pg_trgm; CREATE TABLE a (id serial PRIMARY KEY); INSERT INTO a SELECT FROM generate_series(1, 30000); CREATE EXTENSION postgres_fdw;
		CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw; CREATE FOREIGN TABLE there (id int) SERVER far`)
	c.Databases = []string{name}
	stored, truth := dump(t, c)
	where := scratch(t)
	done, err := Restore(t.Context(), Target{Config: where}, truth, stored.open, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := bad(mustCompare(t, where, done.Names, truth)); len(wrong) > 0 {
		t.Errorf("differs in a drill: %+v", wrong)
	}

	run(t, c, name, `DROP EXTENSION postgres_fdw CASCADE`)
	stored, truth = dump(t, c)
	run(t, c, "postgres", `CREATE ROLE `+role+` LOGIN PASSWORD 'x'`)
	t.Cleanup(func() { run(t, c, "postgres", `DROP ROLE `+role) })
	own := c
	own.User, own.Password = role, "x"
	target := Target{Config: own, Names: map[string]string{name: copied}}
	_, err = Restore(t.Context(), target, truth, stored.open, time.Now(), nil)
	wantFailure(t, err, fail.ClassCredentials, "postgres.fail.no_createdb")
	run(t, c, "postgres", `ALTER ROLE `+role+` CREATEDB`)
	done, err = Restore(t.Context(), target, truth, stored.open, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE `+copied) })
	if len(done.Notes) != 1 || done.Notes[0].Key != "postgres.note.owner" {
		t.Errorf("notes %+v", done.Notes)
	}
	own.Databases = nil
	if wrong := bad(mustCompare(t, own, done.Names, truth)); len(wrong) > 0 {
		t.Errorf("differs: %+v", wrong)
	}
}

func TestACanceledRestoreLeavesNothing(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name, copied := unique("cancel"), unique("cancel_copy")
	database(t, c, name, `CREATE TABLE a AS SELECT g, repeat('x', 100) FROM generate_series(1, 50000) g`)
	c.Databases = []string{name}
	stored, truth := dump(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Restore(ctx, Target{Config: c, Names: map[string]string{name: copied}}, truth, func(ctx context.Context, path string) (io.ReadCloser, error) {
		r, err := stored.open(ctx, path)
		if strings.HasSuffix(path, ".sql") {
			cancel()
		}
		return r, err
	}, time.Now(), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if value[bool](t, c, "postgres", `SELECT EXISTS (SELECT FROM pg_database WHERE datname = `+literal(copied)+`)`) {
		t.Error("the database is left")
	}
}
