package postgres

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// attacks is what a hostile database may hold of everything in the manual that
// reaches files, programs, the network or libraries, or that runs when others
// restore, read or compare. strike() writes a file where a superuser runs it in a
// scratch server; PORT is one that nobody may call, CANARY a file nobody may make.
var attacks = map[string]string{
	"library of a function":       `CREATE FUNCTION f_library() RETURNS int LANGUAGE sql SET session_preload_libraries = 'auto_explain' AS 'SELECT 1'`,
	"index":                       `CREATE TABLE a_index (v int); INSERT INTO a_index VALUES (1); CREATE INDEX ON a_index (strike(v))`,
	"index predicate":             `CREATE TABLE a_predicate (v int); INSERT INTO a_predicate VALUES (1); CREATE INDEX ON a_predicate (v) WHERE strike(v) > 0`,
	"unique index":                `CREATE TABLE a_unique (v int); INSERT INTO a_unique VALUES (1); CREATE UNIQUE INDEX ON a_unique (strike(v))`,
	"exclusion":                   `CREATE TABLE a_exclude (v int, EXCLUDE USING btree (strike(v) WITH =)); INSERT INTO a_exclude VALUES (1)`,
	"check":                       `CREATE TABLE a_check (v int CHECK (strike(v) > 0)); INSERT INTO a_check VALUES (1)`,
	"check made later":            `CREATE TABLE a_later (v int); INSERT INTO a_later VALUES (1); ALTER TABLE a_later ADD CHECK (strike(v) > 0) NOT VALID`,
	"generated column":            `CREATE TABLE a_generated (v int, w int GENERATED ALWAYS AS (strike(v)) STORED); INSERT INTO a_generated VALUES (1)`,
	"default":                     `CREATE TABLE a_default (v int, w int DEFAULT strike(1)); INSERT INTO a_default VALUES (1)`,
	"domain":                      `CREATE DOMAIN struck AS int CHECK (strike(VALUE) > 0); CREATE TABLE a_domain (v struck); INSERT INTO a_domain VALUES (1)`,
	"partition key":               `CREATE TABLE a_parted (v int) PARTITION BY RANGE (strike(v)); CREATE TABLE a_part PARTITION OF a_parted DEFAULT; INSERT INTO a_parted VALUES (1)`,
	"trigger":                     `CREATE TABLE a_trigger (v int); CREATE TRIGGER t BEFORE INSERT ON a_trigger FOR EACH ROW EXECUTE FUNCTION strike_row(); ALTER TABLE a_trigger ENABLE ALWAYS TRIGGER t; INSERT INTO a_trigger VALUES (1)`,
	"trigger on emptying":         `CREATE TABLE a_truncate (v int); CREATE TRIGGER t BEFORE TRUNCATE ON a_truncate EXECUTE FUNCTION strike_row(); ALTER TABLE a_truncate ENABLE ALWAYS TRIGGER t; INSERT INTO a_truncate SELECT generate_series(1, 11000)`,
	"event trigger":               `CREATE EVENT TRIGGER %ROLE_event ON ddl_command_end EXECUTE FUNCTION strike_event()`,
	"rule":                        `CREATE TABLE a_rule (v int); CREATE RULE r AS ON INSERT TO a_rule DO ALSO SELECT strike(1); INSERT INTO a_rule VALUES (1)`,
	"policy":                      `CREATE TABLE a_policy (v int); INSERT INTO a_policy VALUES (1); CREATE POLICY p ON a_policy USING (strike(v) > 0); ALTER TABLE a_policy ENABLE ROW LEVEL SECURITY; ALTER TABLE a_policy FORCE ROW LEVEL SECURITY`,
	"view":                        `CREATE VIEW a_view AS SELECT strike(1) AS v`,
	"materialized view":           `CREATE MATERIALIZED VIEW a_matview AS SELECT strike(1) AS v`,
	"statistics":                  `CREATE TABLE a_statistics (v int, w int); INSERT INTO a_statistics VALUES (1, 1); CREATE STATISTICS s ON (strike(v)), w FROM a_statistics`,
	"owner's rights":              `CREATE FUNCTION f_definer(int) RETURNS int LANGUAGE sql IMMUTABLE SECURITY DEFINER AS 'SELECT strike($1)'; CREATE TABLE a_definer (v int); INSERT INTO a_definer VALUES (1); CREATE INDEX ON a_definer (f_definer(v))`,
	"hijacked function":           `CREATE FUNCTION evil.count(name) RETURNS bigint LANGUAGE sql AS 'SELECT strike(1)::bigint'; CREATE FUNCTION evil.quote_ident(name) RETURNS text LANGUAGE sql AS 'SELECT strike(1)::text'; CREATE FUNCTION evil.pg_table_size(oid) RETURNS bigint LANGUAGE sql AS 'SELECT strike(1)::bigint'`,
	"hijacked operator":           `CREATE FUNCTION evil.eq(name, text) RETURNS bool LANGUAGE sql AS 'SELECT strike(1) > 0'; CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.eq); CREATE OPERATOR evil.<> (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.eq)`,
	"hijacked catalogue":          `CREATE VIEW evil.pg_class AS SELECT strike(1) AS oid; CREATE VIEW evil.pg_database AS SELECT strike(1) AS oid, 'x'::name AS datname`,
	"cast":                        `CREATE TYPE struck_pair AS (v int); CREATE FUNCTION f_cast(int) RETURNS struck_pair LANGUAGE sql IMMUTABLE AS 'SELECT ROW(strike($1))::struck_pair'; CREATE CAST (int AS struck_pair) WITH FUNCTION f_cast(int) AS IMPLICIT`,
	"aggregate":                   `CREATE AGGREGATE evil.max(int) (SFUNC = evil_max, STYPE = int, INITCOND = '0')`,
	"operator class":              `CREATE FUNCTION f_compare(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT strike(1) * 0'; CREATE OPERATOR CLASS evil_ops FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 f_compare(int, int); CREATE TABLE a_opclass (v int); INSERT INTO a_opclass VALUES (1), (2); CREATE INDEX ON a_opclass (v evil_ops)`,
	"native code":                 `CREATE FUNCTION f_native() RETURNS trigger LANGUAGE c AS '$libdir/refint', 'check_primary_key'`,
	"internal code":               `CREATE FUNCTION f_internal(text) RETURNS text LANGUAGE internal AS 'pg_read_file_all'`,
	"a file's rows":               `CREATE EXTENSION file_fdw; CREATE SERVER a_file FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE a_passwd (line text) SERVER a_file OPTIONS (filename '/etc/passwd')`,
	"a program's rows":            `CREATE FOREIGN TABLE a_program (line text) SERVER a_file OPTIONS (program 'touch CANARY'); CREATE MATERIALIZED VIEW a_program_rows AS SELECT * FROM a_program WITH NO DATA`,
	"another server's rows":       `CREATE EXTENSION postgres_fdw; CREATE SERVER a_server FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port 'PORT'); CREATE USER MAPPING FOR PUBLIC SERVER a_server OPTIONS (user 'x', password 'y'); CREATE FOREIGN TABLE a_foreign (v int) SERVER a_server; CREATE MATERIALIZED VIEW a_foreign_rows AS SELECT * FROM a_foreign WITH NO DATA`,
	"a call of another server":    `CREATE EXTENSION dblink; CREATE FUNCTION f_call(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM dblink_connect('host=127.0.0.1 connect_timeout=1 user=x password=y port=PORT'); RETURN 1; EXCEPTION WHEN OTHERS THEN RETURN 1; END $$; CREATE TABLE a_call (v int); INSERT INTO a_call VALUES (1)`,
	"an index that calls":         `CREATE INDEX ON a_call (f_call(v))`,
	"a subscription":              `CREATE SUBSCRIPTION %ROLE_sub CONNECTION 'host=127.0.0.1 port=PORT user=x password=y dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE, enabled = false)`,
	"server files":                `CREATE EXTENSION adminpack`,
	"large object":                `SELECT lo_from_bytea(4711, 'touch CANARY')`,
	"words of psql":               `CREATE TABLE "a_\! touch CANARY" (v text); INSERT INTO "a_\! touch CANARY" VALUES (E'\\! touch CANARY\n\\.\n\\! touch CANARY'); COMMENT ON TABLE "a_\! touch CANARY" IS E'x\n\\! touch CANARY\n'`,
	"words of psql in a name":     `CREATE TABLE "a_` + "\n" + `\! touch CANARY` + "\n" + `" (v text)`,
	"a statement in a name":       `CREATE TABLE "a""; COPY (SELECT 1) TO PROGRAM 'touch CANARY'; --" (v int)`,
	"default privileges":          `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO PUBLIC`,
	"code at once":                `CREATE PROCEDURE p_once() LANGUAGE plpgsql AS $$ BEGIN PERFORM strike(1); COMMIT; END $$`,
	"text search of a file":       `CREATE TEXT SEARCH DICTIONARY a_words (TEMPLATE = pg_catalog.simple, stopwords = english)`,
	"a collation":                 `CREATE COLLATION evil.c (provider = libc, locale = 'C')`,
	"a transform":                 `CREATE TYPE a_range AS RANGE (subtype = int4)`,
	"a conversion":                `CREATE DEFAULT CONVERSION evil.a_conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8`,
	"a publication of everything": `CREATE PUBLICATION a_publication FOR ALL TABLES`,
}

// settings are armed last: the database lets in nobody easily afterwards.
var settings = []string{
	`ALTER DATABASE %DB SET session_preload_libraries = '$libdir/auto_explain'`,
	`ALTER DATABASE %DB SET dynamic_library_path = '/tmp'`,
	`ALTER ROLE %ROLE IN DATABASE %DB SET session_preload_libraries = '$libdir/auto_explain'`,
	`ALTER ROLE %ROLE SET session_preload_libraries = '$libdir/auto_explain'`,
	`ALTER DATABASE %DB SET plperl.on_init = 'system("touch CANARY")'`,
	`ALTER DATABASE %DB SET role = 'postgres'`,
	`ALTER DATABASE %DB SET search_path = evil, public, pg_catalog`,
	`GRANT postgres TO %ROLE; GRANT pg_execute_server_program, pg_write_server_files TO %ROLE`,
}

const weapons = `
	CREATE SCHEMA evil;
	CREATE FUNCTION strike_now() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
		IF current_setting('unix_socket_directories') LIKE '%/levqor-scratch-%' THEN -- only a superuser sees it
			EXECUTE format('COPY (SELECT current_query()) TO %L', current_setting('data_directory') || '/canary');
		END IF;
		RETURN 1;
	EXCEPTION WHEN OTHERS THEN RETURN 1; END $$;
	CREATE FUNCTION strike(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN public.strike_now(); END'; -- one that says so may write nothing itself
	CREATE FUNCTION strike_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM strike(1); IF TG_OP = ''TRUNCATE'' THEN RETURN NULL; END IF; RETURN NEW; END';
	CREATE FUNCTION strike_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM strike(1); END';
	CREATE FUNCTION evil_max(int, int) RETURNS int LANGUAGE sql AS 'SELECT strike(1)'`

// TestAttacks arms a database with all of them, and restores and compares it as a
// drill does: nothing of it is run by a superuser, nobody is called, no file made.
func TestAttacks(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name, role := unique("attack"), unique("attacker")
	port, calls := listen(t)
	canary := filepath.Join("/tmp", "levqor-"+name)
	run(t, c, "postgres", `CREATE ROLE `+role)
	t.Cleanup(func() { run(t, c, "postgres", `DROP ROLE IF EXISTS `+role) })
	database(t, c, name, weapons)
	fill := strings.NewReplacer("%DB", name, "%ROLE", role, "PORT", port, "CANARY", canary)
	// Some stand on others: the second round makes those that came too early.
	left := map[string]string{}
	for what, sql := range attacks {
		left[what] = fill.Replace(sql)
	}
	for range 3 {
		for what, sql := range left {
			if err := arm(c, name, sql); err == nil {
				delete(left, what)
			} else {
				t.Logf("%s: %v", what, err)
			}
		}
	}
	for _, sql := range settings {
		run(t, c, "postgres", fill.Replace(sql))
	}
	if len(left) > 3 { // another version of PostgreSQL may refuse some by itself
		t.Errorf("not armed: %v", left)
	}
	calls.Store(0)
	os.Remove(canary)
	t.Cleanup(func() {
		run(t, c, name, `ALTER SUBSCRIPTION `+role+`_sub DISABLE; DROP SUBSCRIPTION `+role+`_sub`)
		run(t, c, name, `DROP OWNED BY `+role)
	})

	c.Databases = []string{name}
	objects, truth := dump(t, c)
	server := scratch(t)
	data := filepath.Join(filepath.Dir(server.Host), "data")
	done, err := Restore(t.Context(), Target{Config: server}, truth, objects.open, time.Now(), &Progress{})
	if err != nil {
		t.Fatalf("restored with %v", err)
	}
	checks := mustCompare(t, server, nil, truth)
	t.Logf("%d notes, bad: %v", len(done.Notes), bad(checks))
	if _, err := Assert(t.Context(), server, name, []Assertion{{"a", `select strike(1) > 0 and current_setting('temp_file_limit') = '1GB'`}}, time.Now()); err != nil {
		t.Error(err)
	}

	if text, err := os.ReadFile(filepath.Join(data, "canary")); err == nil {
		t.Errorf("a superuser ran what the source brought: %s", text)
	}
	run(t, superuserOf(t, server), name, `SELECT public.strike(2)`)
	if _, err := os.Stat(filepath.Join(data, "canary")); err != nil {
		t.Errorf("the canary would not have shown it: %v", err)
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("a program ran on this machine")
	}
	if n := calls.Load(); n > 0 {
		t.Errorf("somebody called, %d times", n)
	}
	libraries := `SELECT coalesce(string_agg(s, ' '), '') FROM pg_db_role_setting d, unnest(d.setconfig) s WHERE s ~ 'librar|plperl'`
	if got := value[string](t, superuserOf(t, server), "postgres", libraries); got != "" {
		t.Errorf("replayed: %s", got)
	}
	if got := value[bool](t, server, name, `SELECT rolsuper FROM pg_roles WHERE rolname = current_user`); got {
		t.Error("it runs as a superuser")
	}
	power := `SELECT count(*) FROM pg_roles WHERE rolname <> 'postgres' AND (rolsuper OR pg_has_role(rolname, 'pg_execute_server_program', 'MEMBER') OR pg_has_role(rolname, 'pg_write_server_files', 'MEMBER') OR pg_has_role(rolname, 'pg_read_server_files', 'MEMBER')) AND rolname !~ '^pg_' AND pg_has_role($$levqor_drill$$, oid, 'MEMBER')`
	if n := value[int](t, superuserOf(t, server), "postgres", power); n > 0 {
		t.Errorf("the restoring role may become %d others that reach files or programs", n)
	}

	// A real restore, by a superuser: what it brings is the owner's own, but no library comes along unasked.
	again := name + "_again"
	t.Cleanup(func() {
		_ = arm(c, again, `DROP SUBSCRIPTION `+role+`_sub`)
		run(t, c, "postgres", `DROP DATABASE IF EXISTS `+again+` WITH (FORCE)`)
	})
	c.Databases = nil
	real, err := Restore(t.Context(), Target{Config: c, Names: map[string]string{name: again}}, truth, objects.open, time.Now(), &Progress{})
	if err != nil {
		t.Fatalf("a real restore: %v", err)
	}
	if got := value[string](t, c, "postgres", `SELECT coalesce(string_agg(s, ' '), '') FROM pg_db_role_setting d JOIN pg_database b ON b.oid = d.setdatabase, unnest(d.setconfig) s WHERE b.datname = '`+again+`' AND s ~ 'librar|plperl'`); got != "" {
		t.Errorf("a real restore replayed %s", got)
	}
	named := fmt.Sprint(real.Notes)
	for _, setting := range []string{"session_preload_libraries", "dynamic_library_path", "plperl.on_init"} {
		if !strings.Contains(named, setting) {
			t.Errorf("nobody is told that %s was left out: %s", setting, named)
		}
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("a program ran on this machine at a real restore")
	}
}

func superuserOf(t *testing.T, c Config) Config {
	t.Helper()
	u, err := url.Parse(c.admin)
	if err != nil {
		t.Fatal(err)
	}
	c.User = u.User.Username()
	c.Password, _ = u.User.Password()
	return c
}

func arm(c Config, database, sql string) error {
	s, err := c.reach(context.Background())
	if err != nil {
		return err
	}
	conn, err := s.connect(context.Background(), database)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), `SET search_path = public, pg_catalog; SET default_transaction_read_only = off; `+sql)
	return err
}

// listen is a port of this machine that counts who calls.
func listen(t *testing.T) (port string, calls *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	calls = &atomic.Int64{}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			conn.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, calls
}
