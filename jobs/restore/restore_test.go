package restore_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
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
	"levqor/jobs/secret"
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

func (s *shop) databases(t *testing.T) []string {
	t.Helper()
	return drilltest.Ask[[]string](t, s.server, "postgres", `SELECT array_agg(datname::text ORDER BY datname) FROM pg_database`)
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
	token := account.Actor{Kind: account.KindToken, ID: db.NewID(), Workspace: s.Actor.Workspace, Scopes: []account.Scope{account.ScopeManage}}
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

func TestIntoANewDatabase(t *testing.T) {
	s := newShop(t, "beside")
	t.Run("says first what will happen", func(t *testing.T) {
		sum, err := s.restores.Check(t.Context(), s.Actor, s.to("beside_2"))
		if err != nil || sum.Problem != nil || *sum.Rows != 3100 || sum.Tables != 2 || len(sum.Places) != 1 || !*sum.Places[0].Free || sum.LostSince != nil || sum.Expected != nil {
			t.Fatalf("%+v, %v", sum, err)
		}
		sum, err = s.restores.Check(t.Context(), s.Actor, s.to("postgres_not_free"))
		if err != nil || sum.Problem != nil {
			t.Fatalf("%+v, %v", sum, err)
		}
	})
	t.Run("brings back everything, and nothing else changes", func(t *testing.T) {
		found := perform(t, s.House, s.restores, s.to("beside_2"))
		s.Done(found.ID)
		if found.Result.Rows != 3100 || found.Result.Tables != 2 || found.Result.Names[s.name] != "beside_2" || len(found.Result.Kept) != 0 {
			t.Fatalf("%+v", found.Result)
		}
		if n := drilltest.Ask[int](t, s.server, "beside_2", `SELECT count(*) FROM orders JOIN customers c ON c.id = customer`); n != 3000 {
			t.Fatalf("%d orders", n)
		}
		if n := drilltest.Ask[int](t, s.server, "beside_2", `SELECT count(*) FROM totals`); n != 100 {
			t.Fatalf("%d totals", n)
		}
	})
	t.Run("refuses a name that is taken, and leaves it alone", func(t *testing.T) {
		sum, err := s.restores.Check(t.Context(), s.Actor, s.to("beside_2"))
		if err != nil || sum.Problem == nil || *sum.Places[0].Free {
			t.Fatalf("%+v, %v", sum, err)
		}
		found := perform(t, s.House, s.restores, s.to("beside_2"))
		if found.State != task.Failed || found.FailureKey != "postgres.fail.name_taken" {
			t.Fatalf("%+v", found.Task)
		}
		if n := drilltest.Ask[int](t, s.server, "beside_2", `SELECT count(*) FROM orders`); n != 3000 {
			t.Fatalf("%d orders", n)
		}
	})
	t.Run("brings back a single table", func(t *testing.T) {
		in := s.to("beside_3")
		in.Paths = []string{restore.Table{Database: s.name, Schema: "public", Name: "customers"}.Path()}
		found := perform(t, s.House, s.restores, in)
		s.Done(found.ID)
		if found.Result.Rows != 100 {
			t.Fatalf("%+v", found.Result)
		}
	})
	t.Run("names it by itself, on a typed address", func(t *testing.T) {
		spec, err := s.Sources.Reach(t.Context(), s.Actor.Workspace, s.source)
		if err != nil {
			t.Fatal(err)
		}
		c := spec.Config.Postgres
		found := perform(t, s.House, s.restores, restore.Input{SnapshotID: s.snapshot, Kind: restore.Database,
			Server: &restore.Server{Host: c.Host, Port: c.Port, User: c.User, Password: secret.Text(c.Password), TLS: c.TLS}})
		s.Done(found.ID)
		name := restore.NewName(s.name, s.Clock.Now())
		if found.Result.Names[s.name] != name || !slices.Contains(s.databases(t), name) {
			t.Fatalf("%+v", found.Result)
		}
		var leaks int
		s.Row(`SELECT count(*) FROM restores WHERE target::text LIKE '%' || $1 || '%' OR sealed_secret IS NOT NULL`, c.Password).To(&leaks)
		if leaks != 0 {
			t.Fatal("the password is in the row")
		}
	})
	t.Run("is taken up again after its worker was killed", func(t *testing.T) {
		id, err := s.restores.Start(t.Context(), s.Actor, s.to("beside_5"))
		if err != nil {
			t.Fatal(err)
		}
		s.Exec(`UPDATE tasks SET state = 'running', epoch = 1, attempt = 1 WHERE id = $1`, id)
		s.server.SQL(t, "postgres", `CREATE DATABASE "beside_5_restoring_`+id.String()[24:]+`"`)
		if err := s.restores.Perform(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		s.Done(id)
		for _, name := range s.databases(t) {
			if strings.Contains(name, "restoring") {
				t.Fatalf("%s was left", name)
			}
		}
	})
	t.Run("leaves nothing of a restore that was canceled", func(t *testing.T) {
		before := s.databases(t)
		id, err := s.restores.Start(t.Context(), s.Actor, s.to("beside_4"))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- s.restores.Perform(t.Context(), id) }()
		for s.Task(id).State != task.Running {
			select {
			case err := <-done:
				t.Fatal("over before it could be canceled", err)
			case <-time.After(time.Millisecond):
			}
		}
		if err := s.Tasks.Cancel(t.Context(), s.Actor, id); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		switch found := s.Task(id); found.State {
		case task.Canceled:
			if after := s.databases(t); !slices.Equal(before, after) {
				t.Fatalf("before %v, after %v", before, after)
			}
		case task.Succeeded: // it was faster than the cancel
		default:
			t.Fatalf("%+v", found)
		}
	})
}

func TestPartsOfADatabaseCopy(t *testing.T) {
	s := newShop(t, "parts")
	orders := restore.Table{Database: s.name, Schema: "public", Name: "orders"}.Path()
	zipped := func(t *testing.T, paths ...string) (names []string) {
		t.Helper()
		id, err := s.restores.Start(t.Context(), s.Actor, restore.Input{SnapshotID: s.snapshot, Kind: restore.Download, Paths: paths})
		if err != nil {
			t.Fatal(err)
		}
		archive, err := s.restores.OpenDownload(t.Context(), s.Actor, id)
		if err != nil {
			t.Fatal(err)
		}
		defer archive.Close(t.Context())
		var body bytes.Buffer
		if err := archive.WriteZip(t.Context(), &body); err != nil {
			t.Fatal(err)
		}
		read, err := zip.NewReader(bytes.NewReader(body.Bytes()), int64(body.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range read.File {
			if !f.FileInfo().IsDir() {
				names = append(names, f.Name)
			}
		}
		return names
	}
	t.Run("what was chosen is said before anybody asks where to", func(t *testing.T) {
		chosen, err := s.restores.Choose(t.Context(), s.Actor, s.snapshot, []string{orders})
		if err != nil || !slices.Equal(chosen.Items, []string{"parts.public.orders"}) || *chosen.Rows != 3000 || chosen.Tables != 1 || !chosen.SourceThere || chosen.Damaged ||
			len(chosen.Databases) != 1 || chosen.Databases[0].To != restore.NewName(s.name, s.Clock.Now()) || !strings.HasPrefix(chosen.Folder, s.Root+"/parts-restored-") {
			t.Fatalf("%+v, %v", chosen, err)
		}
		if all, err := s.restores.Choose(t.Context(), s.Actor, s.snapshot, nil); err != nil || len(all.Items) != 0 || *all.Rows != 3100 {
			t.Fatalf("%+v, %v", all, err)
		}
		viewer := s.Actor
		viewer.Role = account.RoleViewer
		for kind, c := range map[fail.Kind]struct {
			actor account.Actor
			paths []string
		}{fail.Forbidden: {viewer, nil}, fail.NotFound: {dbtest.Workspace(t, s.DB), nil}, fail.Invalid: {s.Actor, []string{"parts/public/nothing"}}} {
			if _, err := s.restores.Choose(t.Context(), c.actor, s.snapshot, c.paths); !fail.Is(err, kind) {
				t.Errorf("%s: %v", kind, err)
			}
		}
	})
	t.Run("a whole database comes back with its views", func(t *testing.T) {
		in := s.to("parts_2")
		in.Paths = []string{restore.Table{Database: s.name}.Path()}
		s.Done(perform(t, s.House, s.restores, in).ID)
		if n := drilltest.Ask[int](t, s.server, "parts_2", `SELECT count(*) FROM totals`); n != 100 {
			t.Fatalf("%d totals", n)
		}
	})
	t.Run("a file of rows chosen for a database means its tables", func(t *testing.T) {
		in := s.to("parts_3")
		in.Paths = []string{s.name + "/data/rest.sql"}
		found := perform(t, s.House, s.restores, in)
		if s.Done(found.ID); found.Result.Rows != 3100 || found.Result.Tables != 2 {
			t.Fatalf("%+v", found.Result)
		}
	})
	t.Run("a table chosen for a download means the files that hold it", func(t *testing.T) {
		if got := zipped(t, orders); !slices.Equal(got, []string{"parts/data/rest.sql", "parts/schema.dump"}) {
			t.Fatal(got)
		}
		sum, err := s.restores.Check(t.Context(), s.Actor, restore.Input{SnapshotID: s.snapshot, Kind: restore.Download, Paths: []string{orders}})
		if err != nil || sum.Files != 2 || sum.Rows != nil {
			t.Fatalf("%+v, %v", sum, err)
		}
	})
	t.Run("everything holds the truth too", func(t *testing.T) {
		if got := zipped(t); !slices.Contains(got, "levqor.json") || len(got) < 4 {
			t.Fatal(got)
		}
	})
	t.Run("a file that the copy does not have is named", func(t *testing.T) {
		_, err := s.restores.Check(t.Context(), s.Actor, restore.Input{SnapshotID: s.snapshot, Kind: restore.Download, Paths: []string{"no/such"}})
		if !fail.Is(err, fail.Invalid) || fields(err) != "paths" {
			t.Fatal(err)
		}
	})
	t.Run("a link is for operators, for a week, and each use of it is kept", func(t *testing.T) {
		id, err := s.restores.Start(t.Context(), s.Actor, restore.Input{SnapshotID: s.snapshot, Kind: restore.Download})
		if err != nil {
			t.Fatal(err)
		}
		viewer := s.Actor
		viewer.Role = account.RoleViewer
		if _, err := s.restores.OpenDownload(t.Context(), viewer, id); !fail.Is(err, fail.Forbidden) {
			t.Error(err)
		}
		if _, err := s.restores.OpenDownload(t.Context(), dbtest.Workspace(t, s.DB), id); !fail.Is(err, fail.NotFound) {
			t.Error(err)
		}
		var used int
		s.Row(`SELECT count(*) FROM audit_events WHERE action = 'snapshot.downloaded' AND subject_id = $1`, s.snapshot.String()).To(&used)
		if used != 2 {
			t.Errorf("%d uses were kept", used)
		}
		s.Exec(`UPDATE tasks SET created_at = created_at - interval '7 days' WHERE id = $1`, id)
		if _, err := s.restores.OpenDownload(t.Context(), s.Actor, id); !fail.Is(err, fail.NotFound) {
			t.Error(err)
		}
	})
}

func TestOverLiveData(t *testing.T) {
	s := newShop(t, "overlive")
	s.server.SQL(t, s.name, `DELETE FROM orders WHERE id > 10; UPDATE orders SET note = 'newer'`)
	in := restore.Input{SnapshotID: s.snapshot, Kind: restore.Database, OverLive: true, Confirm: s.name}
	sum, err := s.restores.Check(t.Context(), s.Actor, in)
	if err != nil || sum.LostSince == nil || !sum.UndoKept || sum.Problem != nil || *sum.Places[0].Free {
		t.Fatalf("%+v, %v", sum, err)
	}
	found := perform(t, s.House, s.restores, in)
	s.Done(found.ID)
	kept := found.Result.Kept[s.name]
	if kept == "" || found.Result.Rows != 3100 {
		t.Fatalf("%+v", found.Result)
	}
	if live, old := drilltest.Ask[int](t, s.server, s.name, `SELECT count(*) FROM orders`), drilltest.Ask[int](t, s.server, kept, `SELECT count(*) FROM orders WHERE note = 'newer'`); live != 3000 || old != 10 {
		t.Fatalf("live %d, kept %d", live, old)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	r := restoresOf(h)
	from := filepath.Join(h.Root, "from")
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) string {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err.Error()
		}
		return string(raw)
	}
	write("a.txt", "first")
	write("deep/er/b.txt", "second")
	plan := h.Plan(h.Source("files", source.Config{Folder: &folder.Config{Path: from}}, ""))
	_, snapshot := h.Backup(plan)
	to := func(dir string, paths ...string) restore.Input {
		return restore.Input{SnapshotID: snapshot, Kind: restore.Folder, Folder: filepath.Join(h.Root, dir), Paths: paths}
	}

	t.Run("come back in a new folder", func(t *testing.T) {
		found := perform(t, h, r, to("to/new"))
		h.Done(found.ID)
		if read(filepath.Join(h.Root, "to/new/a.txt")) != "first" || read(filepath.Join(h.Root, "to/new/deep/er/b.txt")) != "second" || found.Result.Files != 2 {
			t.Fatalf("%+v", found.Result)
		}
	})
	t.Run("come back in part", func(t *testing.T) {
		h.Done(perform(t, h, r, to("part", "deep")).ID)
		if read(filepath.Join(h.Root, "part/deep/er/b.txt")) != "second" {
			t.Fatal("not there")
		}
		if _, err := os.Stat(filepath.Join(h.Root, "part/a.txt")); !os.IsNotExist(err) {
			t.Fatal(err)
		}
	})
	t.Run("never go where something is", func(t *testing.T) {
		found := perform(t, h, r, to("to/new"))
		if found.State != task.Failed || found.FailureKey != "restore.fail.folder_in_use" {
			t.Fatalf("%+v", found.Task)
		}
	})
	t.Run("never leave the allowed folder, even when a link is put in the way later", func(t *testing.T) {
		id, err := r.Start(t.Context(), h.Actor, to("later/x"))
		if err != nil {
			t.Fatal(err)
		}
		outside := t.TempDir()
		if err := os.Symlink(outside, filepath.Join(h.Root, "later")); err != nil {
			t.Fatal(err)
		}
		if err := r.Perform(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(outside); h.Task(id).State != task.Failed || len(left) != 0 {
			t.Fatalf("%+v, outside %v", h.Task(id), left)
		}
	})
	t.Run("go to a typed bucket only when each part of it is right", func(t *testing.T) {
		_, err := r.Start(t.Context(), h.Actor, restore.Input{SnapshotID: snapshot, Kind: restore.Bucket, Prefix: "/x",
			Bucket: &restore.Store{Endpoint: "ftp://x", Bucket: "a/b"}})
		if want := "bucket_access_key bucket_bucket bucket_endpoint bucket_secret_key prefix"; fields(err) != want {
			t.Fatalf("%v: fields %q, want %q", err, fields(err), want)
		}
	})
	t.Run("of a path that is not in the copy leave nothing", func(t *testing.T) {
		found := perform(t, h, r, to("nothing", "no/such"))
		if _, err := os.Stat(filepath.Join(h.Root, "nothing")); found.State != task.Failed || !os.IsNotExist(err) {
			t.Fatalf("%+v, %v", found.Task, err)
		}
	})
	t.Run("replace live data only after it was backed up once more", func(t *testing.T) {
		write("a.txt", "changed since")
		write("new.txt", "only live")
		id, err := r.Start(t.Context(), h.Actor, restore.Input{SnapshotID: snapshot, Kind: restore.Folder, OverLive: true, Confirm: "files"})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- r.Perform(t.Context(), id) }()
		undo := backupWaiting(t, h, plan)
		h.Perform(undo)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		h.Done(id)
		found, err := r.Get(t.Context(), h.Actor, id)
		if err != nil || found.Result.Undo == nil || *found.Result.Undo != undo || read(filepath.Join(from, "a.txt")) != "first" || read(filepath.Join(from, "new.txt")) != "only live" {
			t.Fatalf("%+v, %v", found.Result, err)
		}
		var kept uuid.UUID
		h.Row(`SELECT snapshot_id FROM backups WHERE id = $1`, undo).To(&kept)
		h.Done(perform(t, h, r, restore.Input{SnapshotID: kept, Kind: restore.Folder, Folder: filepath.Join(h.Root, "undone")}).ID)
		if read(filepath.Join(h.Root, "undone/a.txt")) != "changed since" {
			t.Fatal("today's state was not kept")
		}
	})
}

// backupWaiting is the backup that somebody else ordered.
func backupWaiting(t *testing.T, h *drilltest.House, plan uuid.UUID) (id uuid.UUID) {
	t.Helper()
	for id == uuid.Nil {
		if t.Context().Err() != nil {
			t.Fatal("nobody ordered a backup")
		}
		h.Row(`SELECT coalesce((SELECT t.id FROM backups b JOIN tasks t USING (id) WHERE b.plan_id = $1 AND t.state = 'queued'), $2)`, plan, uuid.Nil).To(&id)
	}
	return id
}
