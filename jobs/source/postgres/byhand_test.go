package postgres

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"levqor/jobs/db/embedded"
)

// The commands of a recovery kit, typed as they stand on an empty server, bring
// back what a restore brings back.
func TestABackupComesBackByHand(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name, owner, reader := unique(`by "hand" of o'brien`), unique("hand_owner"), unique("hand_reader")
	database(t, c, name, nasty(t), `
		CREATE TABLE tags (id int, t text[]); INSERT INTO tags VALUES (1, ARRAY['a', NULL]);
		CREATE SEQUENCE invoices START 5; SELECT nextval('invoices')`)
	run(t, c, "postgres", `CREATE ROLE `+owner+` CREATEDB; CREATE ROLE `+reader+` LOGIN PASSWORD 'x' CONNECTION LIMIT 3; ALTER DATABASE `+ident(name)+` OWNER TO `+owner+`;
		REVOKE ALL ON DATABASE `+ident(name)+` FROM PUBLIC; GRANT CONNECT ON DATABASE `+ident(name)+` TO `+reader+`; ALTER DATABASE `+ident(name)+` CONNECTION LIMIT 17;
		COMMENT ON DATABASE `+ident(name)+` IS 'it''s the shop'; ALTER DATABASE `+ident(name)+` SET array_nulls = off; ALTER DATABASE `+ident(name)+` SET default_transaction_read_only = on;
		ALTER ROLE `+reader+` IN DATABASE `+ident(name)+` SET search_path = shop, public`)
	t.Cleanup(func() { // the database first
		run(t, c, "postgres", `DROP DATABASE `+ident(name)+` WITH (FORCE)`)
		run(t, c, "postgres", `DROP ROLE `+reader+`; DROP ROLE `+owner)
	})
	c.Databases = []string{name}
	stored, truth := dump(t, c)

	empty := emptyServer(t)
	home := t.TempDir()
	for path, text := range stored.objects {
		file := filepath.Join(home, "restored", path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := empty.reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.Join(ByHand(truth, "restored"), "\n"))
	cmd.Dir, cmd.Env = home, append(s.env("postgres"), "PGOPTIONS=")
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	byHand := sqlOf(t, empty, name)
	if was := sqlOf(t, c, name); was != byHand {
		t.Errorf("by hand it is not what it was:\n%s\n%s", firstDifference(was, byHand), said)
	}
	run(t, empty, "postgres", `DROP DATABASE `+ident(name))
	if _, err := Restore(t.Context(), Target{Config: empty}, truth, stored.open, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if restored := sqlOf(t, empty, name); restored != byHand {
		t.Errorf("a restore differs from it:\n%s", firstDifference(byHand, restored))
	}
}

// emptyServer is another one, with nothing on it.
func emptyServer(t *testing.T) Config {
	t.Helper()
	bin, err := embedded.Find(t.Context(), os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "levqor-empty-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	server, err := embedded.Start(t.Context(), embedded.Options{Dir: filepath.Join(dir, "pg"), Bin: bin, Port: embedded.FreePort, Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = server.Stop(ctx)
	})
	return access(server)
}
