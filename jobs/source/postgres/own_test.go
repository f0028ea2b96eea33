package postgres

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A database that was closed since the copy stays closed, and keeps the rights,
// limits and settings that it has now; of whom the copy knew none is let in.
func TestARestoreOverLiveDataKeepsWhatTheDatabaseHas(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name, role := unique("closed"), unique("clerk")
	database(t, c, name, `CREATE TABLE a AS SELECT g FROM generate_series(1, 10) g; ALTER DATABASE `+name+` SET work_mem = '5MB'`)
	run(t, c, "postgres", `CREATE ROLE `+role+` LOGIN PASSWORD 'x'`)
	t.Cleanup(func() { run(t, c, "postgres", `DROP ROLE `+role) })
	c.Databases = []string{name}
	stored, truth := dump(t, c)
	run(t, c, "postgres", `REVOKE ALL ON DATABASE `+name+` FROM PUBLIC; ALTER DATABASE `+name+` CONNECTION LIMIT 3; ALTER DATABASE `+name+` SET work_mem = '7MB';
		COMMENT ON DATABASE `+name+` IS 'closed'`)
	done, err := Restore(t.Context(), Target{Config: c, DropExisting: true}, truth, stored.open, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE IF EXISTS `+ident(done.Kept[name])+` WITH (FORCE)`) })
	if n := value[int](t, c, name, `SELECT count(*) FROM a`); n != 10 {
		t.Errorf("%d rows", n)
	}
	for _, n := range done.Notes {
		if !strings.Contains(n.Key, ".note.role") { // other tests' roles come and go
			t.Errorf("noted %+v", n)
		}
	}
	got := value[string](t, c, name, `SELECT concat_ws(' ', datconnlimit, has_database_privilege('`+role+`', oid, 'CONNECT'), shobj_description(oid, 'pg_database'), current_setting('work_mem')) FROM pg_database WHERE datname = current_database()`)
	if got != "3 f closed 7MB" {
		t.Errorf("the database is %s", got)
	}
}

func TestRolesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	c := lone(t, map[string]string{}) // restores of other tests make the roles that they saw
	name, role, group := unique("roles"), unique(`o'brien "x"`), unique("team")
	database(t, c, name, `CREATE TABLE a ()`)
	run(t, c, "postgres", `CREATE ROLE `+ident(group)+` CREATEDB; CREATE ROLE `+ident(role)+` LOGIN PASSWORD 'x' NOINHERIT BYPASSRLS CONNECTION LIMIT 5 VALID UNTIL '2031-02-03 04:05:06+00';
		GRANT `+ident(group)+` TO `+ident(role)+` WITH ADMIN OPTION; GRANT pg_monitor TO `+ident(role)+`; ALTER ROLE `+ident(role)+` SET search_path = x, public; COMMENT ON ROLE `+ident(role)+` IS 'his'`)
	of := func() string {
		return value[string](t, c, "postgres", `SELECT concat_ws('|', rolinherit, rolcanlogin, rolbypassrls, rolconnlimit, rolvaliduntil, rolconfig, shobj_description(r.oid, 'pg_authid'),
			(SELECT string_agg(g.rolname || m.admin_option, ',' ORDER BY g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid))
			FROM pg_roles r WHERE rolname = `+literal(role))
	}
	was := of()
	c.Databases = []string{name}
	stored, truth := dump(t, c)
	remove := func() {
		run(t, c, "postgres", `DROP ROLE IF EXISTS `+ident(role)+`; DROP ROLE IF EXISTS `+ident(group))
	}
	t.Cleanup(remove)
	remove()
	copied := unique("roles_copy")
	done, err := Restore(t.Context(), Target{Config: c, Names: map[string]string{name: copied}}, truth, stored.open, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE `+copied) })
	if is := of(); was != is {
		t.Errorf("was %s\nis  %s", was, is)
	}
	var told bool
	for _, n := range done.Notes {
		names, _ := n.Args["names"].(string)
		told = told || n.Key == "postgres.note.roles_password" && strings.Contains(names, role)
	}
	if !told {
		t.Errorf("nobody is told to set the password again: %+v", done.Notes)
	}
}

// What watches a server connects to every database that it sees. It neither gets
// into one that is being made nor stops it from getting its name.
func TestAWatcherDoesNotStopARestore(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name, role, working := unique("watched"), unique("exporter"), unique("watched_working")
	database(t, c, name, `CREATE TABLE a AS SELECT g FROM generate_series(1, 10) g`)
	run(t, c, "postgres", `CREATE ROLE `+role+` LOGIN PASSWORD 'x'`)
	t.Cleanup(func() { run(t, c, "postgres", `DROP ROLE `+role) })
	c.Databases = []string{name}
	stored, truth := dump(t, c)
	if _, err := Restore(t.Context(), Target{Config: c, Names: map[string]string{name: working}}, truth, stored.open, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	watcher := c
	watcher.User, watcher.Password = role, "x"
	busy := connect(t, watcher, working)
	defer busy.Close(t.Context())
	final := working + "_final"
	err := Rename(t.Context(), c, map[string]string{working: final})
	t.Cleanup(func() { err = errors.Join(Remove(t.Context(), c, working, final)) })
	if err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, c, final, `SELECT count(*) FROM a`); n != 10 {
		t.Errorf("%d rows", n)
	}
}

// The role that our own grant makes reads only; to restore it needs CREATEDB and
// nothing else.
func TestTheGrantedRoleRestoresOnceItMayCreateDatabases(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name, role, copied := unique("granted"), unique("levqor"), unique("granted_copy")
	database(t, c, name, `CREATE TABLE a AS SELECT g FROM generate_series(1, 10) g`)
	run(t, c, "postgres", GrantSQL(role, "x"))
	t.Cleanup(func() { run(t, c, "postgres", `DROP ROLE `+role) })
	own := c
	own.User, own.Password, own.Databases = role, "x", []string{name}
	stored, truth := dump(t, own)
	if err := MayRestore(t.Context(), own, truth); err == nil {
		t.Error("a role without CREATEDB may restore")
	}
	run(t, c, "postgres", `ALTER ROLE `+role+` CREATEDB`)
	if err := MayRestore(t.Context(), own, truth); err != nil {
		t.Fatal(err)
	}
	done, err := Restore(t.Context(), Target{Config: own, Names: map[string]string{name: copied}}, truth, stored.open, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE `+copied) })
	if n := value[int](t, c, copied, `SELECT count(*) FROM a`); n != 10 || done.Rows != 10 {
		t.Errorf("%d rows, %+v", n, done)
	}
}
