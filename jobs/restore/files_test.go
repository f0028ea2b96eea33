package restore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
)

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
	t.Run("go to the top of an empty bucket under their own names", func(t *testing.T) {
		b := drilltest.NewBucket(t)
		store := b.Source("")
		in := restore.Input{SnapshotID: snapshot, Kind: restore.Bucket, Prefix: restore.Root, Bucket: &restore.Store{
			Endpoint: store.Endpoint, Region: store.Region, Bucket: store.Bucket, AccessKey: store.AccessKey, Secret: "x"}}
		h.Done(perform(t, h, r, in).ID)
		b.Headers(t, "a.txt")
		if again := perform(t, h, r, in); again.FailureKey != "source.fail.target_not_empty" {
			t.Fatalf("%+v", again.Task)
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
