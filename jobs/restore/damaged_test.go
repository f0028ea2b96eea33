package restore_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
)

// packs is the files of all vaults that hold contents of sources.
func packs(t *testing.T, h *drilltest.House) (found []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(h.DataDir, "vaults"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.Contains(path, "/p/") {
			found = append(found, path)
		}
		return err
	})
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	return found
}

// spoil alters files here and there.
func spoil(t *testing.T, paths []string) {
	t.Helper()
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 40; i < len(raw); i += 100 {
			raw[i] ^= 0x10
		}
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestACopyOfWhichOneFileIsLost: a sound copy fails and is marked; a marked one
// brings back all but that file, which is named.
func TestACopyOfWhichOneFileIsLost(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	r := restoresOf(h)
	from := filepath.Join(h.Root, "from")
	was := map[string][]byte{}
	add := func(name string) {
		t.Helper()
		was[name] = bytes.Repeat([]byte(name+uuid.NewString()), 300)
		if err := os.MkdirAll(from, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(from, name), was[name], 0o640); err != nil {
			t.Fatal(err)
		}
	}
	plan := h.Plan(h.Source("files", source.Config{Folder: &folder.Config{Path: from}}, ""))
	add("lost")
	h.Backup(plan)
	early := packs(t, h)
	for i := range 9 {
		add(fmt.Sprintf("file-%d", i))
	}
	_, snapshot := h.Backup(plan)
	spoil(t, early)
	to := func(dir string) restore.Input {
		return restore.Input{SnapshotID: snapshot, Kind: restore.Folder, Folder: filepath.Join(h.Root, dir)}
	}
	marked := func() (health, key string, files int) {
		t.Helper()
		h.Row(`SELECT health, coalesce(doubt ->> 'key', ''), coalesce((unreadable ->> 'files')::int, 0) FROM snapshots WHERE id = $1`, snapshot).To(&health, &key, &files)
		return health, key, files
	}
	named := func(t *testing.T, found restore.Restore) {
		t.Helper()
		h.Done(found.ID)
		if found.Result.Files != 9 || len(found.Result.Notes) != 1 || found.Result.Notes[0].Key != "source.note.unreadable" || found.Result.Notes[0].Args["names"] != "lost" {
			t.Errorf("%+v", found.Result)
		}
	}

	t.Run("a download that finds it marks the copy", func(t *testing.T) {
		archive, err := h.Backups.OpenArchive(t.Context(), h.Actor, snapshot, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer archive.Close(t.Context())
		if err := archive.WriteZip(t.Context(), &bytes.Buffer{}); fail.ClassOf(err) != fail.ClassDamaged {
			t.Fatal(err)
		}
		if health, key, _ := marked(); health != "doubted" || key != "vault.doubt.download" {
			t.Fatal(health, key)
		}
		h.Exec(`UPDATE snapshots SET health = 'sound', doubt = NULL, doubted_at = NULL, reread_at = NULL WHERE id = $1`, snapshot)
	})
	t.Run("a restore of the copy while it counts as sound fails and marks it", func(t *testing.T) {
		found := perform(t, h, r, to("first"))
		if found.State != task.Failed || found.FailureClass != fail.ClassDamaged {
			t.Fatalf("%+v", found.Task)
		}
		if _, err := os.Stat(filepath.Join(h.Root, "first")); !os.IsNotExist(err) {
			t.Errorf("a part is left: %v", err)
		}
		if health, key, files := marked(); health != "doubted" || key != "vault.doubt.restore" || files != 1 {
			t.Fatal(health, key, files)
		}
		var pieces int
		h.Row(`SELECT jsonb_array_length(to_jsonb(damage)) FROM vaults`).To(&pieces)
		if pieces != 1 {
			t.Errorf("the vault knows of %d pieces", pieces)
		}
	})
	t.Run("then the rest comes back in a folder", func(t *testing.T) {
		named(t, perform(t, h, r, to("second")))
		for name, want := range was {
			got, err := os.ReadFile(filepath.Join(h.Root, "second", name))
			if name == "lost" {
				if !os.IsNotExist(err) {
					t.Errorf("%s: %d bytes, %v", name, len(got), err)
				}
			} else if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
		}
	})
	t.Run("and in a bucket", func(t *testing.T) {
		b := drilltest.NewBucket(t)
		named(t, perform(t, h, r, intoBucket(b, snapshot)))
		b.Headers(t, "back/file-8")
	})
	t.Run("and in a zip, which says what it lacks", func(t *testing.T) {
		archive, err := h.Backups.OpenArchive(t.Context(), h.Actor, snapshot, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer archive.Close(t.Context())
		if err := archive.WriteZip(t.Context(), &bytes.Buffer{}); err != nil {
			t.Error(err)
		}
	})
}

// TestADatabaseOfWhichATableIsLost: the other tables come back, and it is named.
func TestADatabaseOfWhichATableIsLost(t *testing.T) {
	s := newShop(t, "losing")
	s.server.SQL(t, s.name, `CREATE TABLE ledger AS SELECT i AS id, md5(i::text) AS sum FROM generate_series(1, 600000) i`)
	var plan uuid.UUID
	s.Row(`SELECT plan_id FROM snapshots WHERE id = $1`, s.snapshot).To(&plan)
	_, s.snapshot = s.Backup(plan)
	flipAmid(t, packs(t, s.House)) // nearly all of the largest one is the ledger

	if found := perform(t, s.House, s.restores, s.to("losing_2")); found.State != task.Failed || found.FailureClass != fail.ClassDamaged {
		t.Fatalf("a copy that counts as sound: %+v", found.Task)
	}
	if got := s.databases(t); !slices.Equal(got, []string{"losing"}) {
		t.Fatalf("a part is left: %v", got)
	}
	found := perform(t, s.House, s.restores, s.to("losing_2"))
	s.Done(found.ID)
	named := slices.ContainsFunc(found.Result.Notes, func(n source.Note) bool {
		return n.Key == "postgres.note.table_damaged" && n.Args["name"] == "losing.public.ledger"
	})
	if n := drilltest.Ask[int](t, s.server, "losing_2", `SELECT count(*) FROM orders`); n != 3000 || !named {
		t.Errorf("%d orders, %+v", n, found.Result)
	}
}

// flipAmid alters one byte in the middle of the largest of some files.
func flipAmid(t *testing.T, paths []string) {
	t.Helper()
	var largest []byte
	var path string
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > len(largest) {
			largest, path = raw, p
		}
	}
	largest[len(largest)/2] ^= 0x10
	if err := os.WriteFile(path, largest, 0o600); err != nil {
		t.Fatal(err)
	}
}
