package restore_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
)

func restoresOf(h *drilltest.House) *restore.Restores {
	return restore.New(h.DB, h.Queue, h.Clock, h.Box, h.Runner, h.Vaults, h.Sources, h.Backups, h.Options)
}

// perform orders a restore and does it.
func perform(t *testing.T, h *drilltest.House, r *restore.Restores, in restore.Input) restore.Restore {
	t.Helper()
	id, err := r.Start(t.Context(), h.Actor, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Perform(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	found, err := r.Get(t.Context(), h.Actor, id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// shop is a database copy with who may do what to it.
type shop struct {
	*drilltest.House
	restores *restore.Restores
	server   *drilltest.Server
	name     string
	source   uuid.UUID
	snapshot uuid.UUID
}

func newShop(t *testing.T, name string) *shop {
	t.Helper()
	t.Parallel()
	h := drilltest.NewHouse(t)
	server, config, password := drilltest.Shop(t, name, 3000)
	s := &shop{House: h, restores: restoresOf(h), server: server, name: name, source: h.Source(name, source.Config{Postgres: &config}, password)}
	_, s.snapshot = h.Backup(h.Plan(s.source))
	t.Cleanup(func() {
		for _, other := range s.databases(t) {
			if strings.HasPrefix(other, name) && other != name {
				server.SQL(t, "postgres", `DROP DATABASE IF EXISTS "`+other+`" WITH (FORCE)`)
			}
		}
	})
	return s
}

// databases are the shop's and what was restored beside it; the server has other
// tests' too.
func (s *shop) databases(t *testing.T) []string {
	t.Helper()
	return drilltest.Ask[[]string](t, s.server, "postgres", `SELECT array_agg(datname::text ORDER BY datname) FROM pg_database WHERE starts_with(datname, '`+s.name+`')`)
}

func (s *shop) to(name string) restore.Input {
	return restore.Input{SnapshotID: s.snapshot, Kind: restore.Database, Names: map[string]string{s.name: name}}
}

func fields(err error) string {
	f, ok := errors.AsType[*fail.Error](err)
	if !ok {
		return ""
	}
	names := map[string]bool{}
	for _, field := range f.Fields {
		names[field.Name] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " ")
}

func TestWhoMayRestore(t *testing.T) {
	s := newShop(t, "whomay")
	viewer, operator, stale := s.Actor, s.Actor, s.Actor
	viewer.Role = account.RoleViewer
	operator.Role = account.RoleOperator
	stale.SteppedUpAt = time.Time{}
	token := account.Actor{Kind: account.KindToken, ID: db.NewID(), Workspace: s.Actor.Workspace, Role: account.RoleOwner, Scopes: []account.Scope{account.ScopeManage}}
	live := s.to(s.name)
	live.OverLive, live.Confirm = true, s.name
	for name, c := range map[string]struct {
		actor account.Actor
		in    restore.Input
		kind  fail.Kind
	}{
		"a viewer":                               {viewer, s.to("x"), fail.Forbidden},
		"a viewer's download":                    {viewer, restore.Input{SnapshotID: s.snapshot, Kind: restore.Download}, fail.Forbidden},
		"another workspace":                      {dbtest.Workspace(t, s.DB), s.to("x"), fail.NotFound},
		"a copy that is not":                     {s.Actor, restore.Input{SnapshotID: db.NewID(), Kind: restore.Download}, fail.NotFound},
		"over live, identity not confirmed":      {stale, live, fail.StepUp},
		"over live, a token without admin scope": {token, live, fail.StepUp},
		"over live, a viewer who confirmed":      {viewer, live, fail.Forbidden},
	} {
		if _, err := s.restores.Start(t.Context(), c.actor, c.in); !fail.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		actor account.Actor
		kind  fail.Kind
	}{"a viewer": {viewer, fail.Forbidden}, "another workspace": {dbtest.Workspace(t, s.DB), fail.NotFound}} {
		if _, err := s.restores.Check(t.Context(), c.actor, s.to("x")); !fail.Is(err, c.kind) {
			t.Errorf("%s checks: %v", name, err)
		}
	}
	id, err := s.restores.Start(t.Context(), operator, restore.Input{SnapshotID: s.snapshot, Kind: restore.Download})
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.restores.Get(t.Context(), viewer, id)
	if err != nil || found.State != task.Succeeded || !found.Download(s.Clock.Now()) || found.Download(s.Clock.Now().Add(8*24*time.Hour)) {
		t.Fatalf("%+v, %v", found, err)
	}
	other := dbtest.Workspace(t, s.DB)
	if _, err := s.restores.Get(t.Context(), other, id); !fail.Is(err, fail.NotFound) {
		t.Error(err)
	}
	if list, err := s.restores.List(t.Context(), other, restore.Filter{Limit: 9}); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	if list, err := s.restores.List(t.Context(), viewer, restore.Filter{SnapshotID: s.snapshot, Limit: 9}); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
}

func TestWhatMayBeAsked(t *testing.T) {
	s := newShop(t, "mayask")
	with := func(change func(*restore.Input)) restore.Input { in := s.to("mayask_2"); change(&in); return in }
	files := s.Source("some files", source.Config{Folder: &folder.Config{Path: s.Root}}, "")
	for name, c := range map[string]struct {
		in   restore.Input
		want string
	}{
		"no kind":                  {with(func(in *restore.Input) { in.Kind = "tape" }), "kind"},
		"databases as a bucket":    {with(func(in *restore.Input) { in.Kind = restore.Bucket; in.SourceID = s.source }), "kind source_id"},
		"the live name":            {s.to(s.name), "names"},
		"no such database":         {with(func(in *restore.Input) { in.Names = map[string]string{"other": "x"} }), "names"},
		"no such table":            {with(func(in *restore.Input) { in.Paths = []string{"mayask/public/nothing"} }), "paths"},
		"a source of another kind": {with(func(in *restore.Input) { in.SourceID = files }), "source_id"},
		"a source that is not":     {with(func(in *restore.Input) { in.SourceID = db.NewID() }), "source_id"},
		"an address and a source": {with(func(in *restore.Input) {
			in.SourceID = s.source
			in.Server = &restore.Server{Host: "db.example.com", Port: 5432, User: "u", TLS: "require"}
		}), "source_id"},
		"an address that is wrong in each part": {with(func(in *restore.Input) { in.Server = &restore.Server{Host: "a b", Port: 70000, TLS: "maybe"} }),
			"server_host server_port server_tls server_user"},
		"a folder outside":           {restore.Input{SnapshotID: s.snapshot, Kind: restore.Folder, Folder: "/etc/levqor-test"}, "folder"},
		"no folder":                  {restore.Input{SnapshotID: s.snapshot, Kind: restore.Folder}, "folder"},
		"over live without the name": {restore.Input{SnapshotID: s.snapshot, Kind: restore.Database, OverLive: true, Confirm: "MAYASK"}, "confirm"},
		"over live, one table": {restore.Input{SnapshotID: s.snapshot, Kind: restore.Database, OverLive: true, Confirm: s.name,
			Paths: []string{"mayask/public/orders"}}, "paths"},
		"over live, elsewhere": {restore.Input{SnapshotID: s.snapshot, Kind: restore.Folder, OverLive: true, Confirm: s.name, SourceID: files}, "kind source_id"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.restores.Start(t.Context(), s.Actor, c.in)
			if !fail.Is(err, fail.Invalid) || fields(err) != c.want {
				t.Fatalf("%v: fields %q, want %q", err, fields(err), c.want)
			}
		})
	}
}
