package restore_test

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"

	"levqor/jobs/account"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/restore"
)

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
