package recovery_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/config"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/recovery"
	"levqor/jobs/secret"
	"levqor/jobs/services"
	"levqor/migrations"
)

// house is an installation whose database belongs to a plain role, as on a server
// of somebody else's.
type house struct {
	t      *testing.T
	svc    *services.Services
	server string // superuser's address of the server
	url    string
	key    string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		if f, ok := errors.AsType[*fail.Error](err); ok {
			t.Fatal(f.Key, f.Args, f.Fields, err)
		}
		t.Fatal(err)
	}
}

func exec(t *testing.T, at string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), at)
	must(t, err)
	defer conn.Close(t.Context())
	for _, sql := range statements {
		_, err := conn.Exec(t.Context(), sql)
		must(t, err)
	}
}

// empty is a new database of the plain role.
func empty(t *testing.T, server, role string) string {
	t.Helper()
	name := "own_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	exec(t, server, `CREATE DATABASE `+name+` OWNER `+role)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), server)
		if err == nil {
			_, _ = conn.Exec(context.Background(), `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
			_ = conn.Close(context.Background())
		}
	})
	u, err := url.Parse(server)
	must(t, err)
	u.User, u.Path = url.UserPassword(role, "secret word"), "/"+name
	return u.String()
}

func newHouse(t *testing.T) *house {
	t.Helper()
	d := dbtest.New(t)
	h := &house{t: t, server: dbtest.URL(t, d)}
	role := "owner_" + uuid.NewString()[:8]
	exec(t, h.server, `CREATE ROLE `+role+` LOGIN CREATEROLE PASSWORD 'secret word'`, `GRANT levqor_app, levqor_system TO `+role+` WITH ADMIN OPTION`)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), h.server)
		if err == nil {
			_, _ = conn.Exec(context.Background(), `DROP OWNED BY `+role)
			_, _ = conn.Exec(context.Background(), `DROP ROLE IF EXISTS `+role)
			_ = conn.Close(context.Background())
		}
	})
	h.url = empty(t, h.server, role)
	must(t, migrations.Apply(t.Context(), h.url))
	var err error
	h.key, err = secret.NewKeyset()
	must(t, err)
	h.svc = open(t, h.url, h.key)
	return h
}

func open(t *testing.T, at, key string) *services.Services {
	t.Helper()
	svc, err := services.New(t.Context(), config.Config{Dev: true, DatabaseURL: at, MasterKey: key, DataDir: t.TempDir()}, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(svc.Close)
	return svc
}

func commandLine() account.Actor { return account.System(uuid.Nil) }

func count(t *testing.T, d *db.DB, sql string) (n int) {
	t.Helper()
	must(t, d.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, sql).Scan(&n) }))
	return n
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	owner := dbtest.Workspace(t, h.svc.DB)
	dbtest.Workspace(t, h.svc.DB)
	place := recovery.Place{Path: t.TempDir() + "/elsewhere"}
	t.Run("who is no staff chooses nothing and gets no kit", func(t *testing.T) {
		for name, actor := range map[string]account.Actor{"an owner": owner, "staff without a fresh sign-in": {Kind: account.KindAdmin}, "nobody": {}} {
			if err := h.svc.Recovery.Choose(t.Context(), actor, place); err == nil {
				t.Errorf("%s chose a place", name)
			}
			if _, err := h.svc.Recovery.Kit(t.Context(), actor); err == nil {
				t.Errorf("%s got the kit", name)
			}
			if err := h.svc.Release(t.Context(), actor); err == nil {
				t.Errorf("%s released", name)
			}
		}
	})
	t.Run("places that are none", func(t *testing.T) {
		for _, p := range []recovery.Place{{}, {Path: "relative"}, {Path: "/"}, {Bucket: "b"}} {
			if err := h.svc.Recovery.Choose(t.Context(), commandLine(), p); !fail.Is(err, fail.Invalid) {
				t.Errorf("%+v: %v", p, err)
			}
		}
	})
	must(t, h.svc.Recovery.Choose(t.Context(), commandLine(), place))
	must(t, h.svc.Recovery.Dump(t.Context()))
	state, err := h.svc.Recovery.State(t.Context())
	if err != nil || state.DumpedAt == nil || state.Late() || state.Quarantine() {
		t.Fatalf("%+v, %v", state, err)
	}
	text, err := h.svc.Recovery.Kit(t.Context(), commandLine())
	must(t, err)
	kit, err := recovery.ReadKit(text)
	must(t, err)
	box, err := secret.NewBox(h.key)
	must(t, err)
	bring := recovery.Bring{Kit: kit, Box: box}

	t.Run("another master key is refused before anything is written", func(t *testing.T) {
		other, err := secret.NewKeyset()
		must(t, err)
		wrong := bring
		wrong.DatabaseURL = h.url
		wrong.Box, err = secret.NewBox(other)
		must(t, err)
		if _, err := wrong.Do(t.Context()); err == nil || !strings.Contains(err.Error(), "master key is another one") {
			t.Error(err)
		}
	})
	t.Run("a database that holds something is refused", func(t *testing.T) {
		over := bring
		over.DatabaseURL = h.url
		if _, err := over.Do(t.Context()); err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Error(err)
		}
	})
	t.Run("every row comes back, as a plain role, in quarantine", func(t *testing.T) {
		to := bring
		u, err := url.Parse(h.url)
		must(t, err)
		to.DatabaseURL = empty(t, h.server, u.User.Username())
		from, err := to.Do(t.Context())
		must(t, err)
		if !from.Equal(*state.DumpedAt) {
			t.Errorf("it shows %s, dumped %s", from, state.DumpedAt)
		}
		back := open(t, to.DatabaseURL, h.key)
		for _, table := range []string{"workspaces", "users", "members"} {
			if got, want := count(t, back.DB, `SELECT count(*) FROM `+table), count(t, h.svc.DB, `SELECT count(*) FROM `+table); got != want || want == 0 {
				t.Errorf("%s: %d of %d rows", table, got, want)
			}
		}
		gate := queue.NewGate(back.DB)
		if shut, err := gate.Shut(t.Context()); err != nil || !shut {
			t.Errorf("the gate is open, %v", err)
		}
		if again, err := back.Recovery.State(t.Context()); err != nil || again.Place != place.Path || !again.Quarantine() {
			t.Errorf("%+v, %v", again, err)
		}
		must(t, back.Recovery.Sweep(t.Context()))
		if n := count(t, back.DB, `SELECT count(*) FROM river_job WHERE kind = 'recovery_dump'`); n != 0 {
			t.Error("dumps go on in quarantine")
		}
		must(t, back.Release(t.Context(), commandLine()))
		if shut, err := gate.Shut(t.Context()); err != nil || shut {
			t.Errorf("still shut, %v", err)
		}
		if err := back.Release(t.Context(), commandLine()); !fail.Is(err, fail.Conflict) {
			t.Errorf("released twice: %v", err)
		}
	})
	t.Run("a dump that was loaded by hand stands in quarantine too", func(t *testing.T) {
		exec(t, h.server, `DELETE FROM recovery_state`)
		// h.server is the tests' own database, migrated and without the row
		if shut, err := queue.NewGate(dbtest.Open(t, h.server)).Shut(t.Context()); err != nil || !shut {
			t.Errorf("the gate is open, %v", err)
		}
	})
	t.Run("a place that went away is said, and the newest dump stays the newest", func(t *testing.T) {
		must(t, os.Rename(place.Path, place.Path+".away"))
		if err := h.svc.Recovery.Dump(t.Context()); err == nil {
			t.Fatal("it dumped to nowhere")
		}
		after, err := h.svc.Recovery.State(t.Context())
		if err != nil || after.Failure == "" || !after.DumpedAt.Equal(*state.DumpedAt) {
			t.Errorf("%+v, %v", after, err)
		}
	})
}
