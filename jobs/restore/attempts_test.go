package restore_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
)

// ofFiles is a house with a copy of so many files.
func ofFiles(t *testing.T, files int) (h *drilltest.House, r *restore.Restores, snapshot uuid.UUID) {
	t.Helper()
	h = drilltest.NewHouse(t)
	from := filepath.Join(h.Root, "from")
	if err := os.MkdirAll(from, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range files {
		if err := os.WriteFile(filepath.Join(from, fmt.Sprintf("file-%02d", i)), fmt.Appendf(nil, "contents of %d", i), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, snapshot = h.Backup(h.Plan(h.Source("files", source.Config{Folder: &folder.Config{Path: from}}, "")))
	return h, restoresOf(h), snapshot
}

func intoBucket(b *drilltest.Bucket, snapshot uuid.UUID) restore.Input {
	return restore.Input{SnapshotID: snapshot, Kind: restore.Bucket, Prefix: "back/",
		Bucket: &restore.Store{Endpoint: b.URL, Region: "eu-central-1", Bucket: drilltest.BucketName, AccessKey: "AKIATEST", Secret: "secret key"}}
}

// TestARestoreIntoABucketGoesOn: an attempt that ended in the middle, with a part of
// the objects written, is followed by one that writes the rest.
func TestARestoreIntoABucketGoesOn(t *testing.T) {
	t.Parallel()
	h, r, snapshot := ofFiles(t, 20)
	b := drilltest.NewBucket(t)
	id, err := r.Start(t.Context(), h.Actor, intoBucket(b, snapshot))
	if err != nil {
		t.Fatal(err)
	}
	ctx, killed := context.WithCancel(t.Context())
	var puts atomic.Int32
	b.Disturb(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodPut && puts.Add(1) == 10:
			killed()
		case r.Method == http.MethodDelete || strings.Contains(r.URL.RawQuery, "delete"): // the dead clear nothing up
			drilltest.Refuse(w, http.StatusForbidden, "AccessDenied")
			return true
		}
		return false
	})
	if err := r.Perform(ctx, id); err == nil {
		t.Fatal("it was not stopped")
	}
	b.Disturb(nil)
	if err := r.Perform(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	h.Done(id)
	found, err := r.Get(t.Context(), h.Actor, id)
	if err != nil || found.Result.Files != 20 {
		t.Errorf("%+v %v", found.Result, err)
	}
}

// TestAWokenRestoreTouchesNothing: an attempt hangs in the middle, another one takes
// the restore over and finishes it; the first then wakes to an error.
func TestAWokenRestoreTouchesNothing(t *testing.T) {
	t.Parallel()
	h, r, snapshot := ofFiles(t, 20)
	b := drilltest.NewBucket(t)
	id, err := r.Start(t.Context(), h.Actor, intoBucket(b, snapshot))
	if err != nil {
		t.Fatal(err)
	}
	hangs, wake := make(chan struct{}), make(chan struct{})
	var puts, deletes atomic.Int32
	b.Disturb(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodPut && puts.Add(1) == 10:
			close(hangs)
			<-wake
			drilltest.Refuse(w, http.StatusForbidden, "AccessDenied")
			return true
		case r.Method == http.MethodDelete || strings.Contains(r.URL.RawQuery, "delete"):
			deletes.Add(1)
		}
		return false
	})
	first := make(chan error, 1)
	go func() { first <- r.Perform(t.Context(), id) }()
	<-hangs
	if err := r.Perform(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	h.Done(id)
	close(wake)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if n := deletes.Load(); n > 0 {
		t.Errorf("the woken attempt deleted: %d calls", n)
	}
	h.Done(id)
}

// TestFoldersOfAttempts: what an earlier attempt left is removed, what belongs to
// somebody else is not; nothing but the files is left at the end.
func TestFoldersOfAttempts(t *testing.T) {
	t.Parallel()
	h, r, snapshot := ofFiles(t, 3)
	for name, prepare := range map[string]func(dir, left string) error{
		"new": func(dir, left string) error {
			return os.MkdirAll(filepath.Join(filepath.Dir(dir), left, "half"), 0o755)
		},
		"empty": func(dir, left string) error { return os.MkdirAll(filepath.Join(dir, left, "half"), 0o755) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(h.Root, "target of "+name, "[x]", name)
			id, err := r.Start(t.Context(), h.Actor, restore.Input{SnapshotID: snapshot, Kind: restore.Folder, Folder: dir})
			if err != nil {
				t.Fatal(err)
			}
			if err := prepare(dir, ".levqor-restoring-"+id.String()[24:]+"-0"); err != nil {
				t.Fatal(err)
			}
			if err := r.Perform(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			h.Done(id)
			for _, of := range []string{dir, filepath.Dir(dir)} {
				held, err := os.ReadDir(of)
				for _, e := range held {
					if strings.HasPrefix(e.Name(), ".") {
						t.Errorf("%s holds %s", of, e.Name())
					}
				}
				if err != nil || len(held) == 0 {
					t.Errorf("%s holds %v %v", of, held, err)
				}
			}
		})
	}
	t.Run("somebody else's", func(t *testing.T) {
		dir := filepath.Join(h.Root, "taken")
		theirs := filepath.Join(dir, ".levqor-restoring-000000000000-1")
		if err := os.MkdirAll(theirs, 0o755); err != nil {
			t.Fatal(err)
		}
		found := perform(t, h, r, restore.Input{SnapshotID: snapshot, Kind: restore.Folder, Folder: dir})
		if _, err := os.Stat(theirs); err != nil || found.State != task.Failed {
			t.Errorf("%s %s, %v", found.State, found.FailureKey, err)
		}
	})
}
