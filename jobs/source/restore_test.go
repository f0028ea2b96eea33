package source_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/source/tree"
	"levqor/jobs/vault/kopia"
)

// stored opens the snapshot of a new backup of the source.
func stored(t *testing.T, h *drilltest.House, id uuid.UUID) source.Stored {
	t.Helper()
	return storedBy(t, h, h.Plan(id))
}

// storedBy opens the snapshot of a new backup by the plan.
func storedBy(t *testing.T, h *drilltest.House, plan uuid.UUID) source.Stored {
	t.Helper()
	_, snapshot := h.Backup(plan)
	s, err := h.Backups.Snapshot(t.Context(), h.Actor, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := h.Backups.Truth(t.Context(), h.Actor, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	repo, err := h.Vaults.Open(t.Context(), h.Actor.Workspace, s.VaultID, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = repo.Close(context.WithoutCancel(t.Context())) })
	return source.Stored{Repo: repo, Manifest: s.ManifestID, Truth: truth}
}

// files reads everything below a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		found[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func restore(t *testing.T, h *drilltest.House, from source.Stored, to source.Target) (source.Restored, error) {
	t.Helper()
	return h.Sources.Engine(from.Truth.Kind).Restore(t.Context(), from, to, h.Clock.Now(), &source.Meter{})
}

func wants(t *testing.T, err error, class fail.Class, key string) {
	t.Helper()
	if f, ok := errors.AsType[*fail.Error](err); !ok || f.Class != class || f.Key != key {
		t.Fatalf("%v, want %s %s", err, class, key)
	}
}

// odd are keys that would lead out of a folder, or into one another, if they
// were taken for paths.
var odd = map[string]string{
	"a": "1", "a/b": "2", "a//c": "3", "../evil": "4", "../../etc/cron.d/evil": "5", "/etc/evil": "6", "x/../../evil": "7",
	"./here": "8", "..": "9", "%2e%2e/evil": "10", "żółć/日本": "11", `back\slash`: "12", "con": "13", " space ": "14",
}

func TestABucketComesBackIntoAFolder(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	b := drilltest.NewBucket(t)
	for key, body := range odd {
		b.Put(t, "in/"+key, body)
	}
	id, _ := create(t, h, source.Input{Name: "bucket", Kind: source.S3, Config: source.Config{Bucket: b.Source("in/")}, Secret: "x"})
	from := stored(t, h, id)
	before := files(t, h.DataDir)
	t.Run("and nothing leaves it", func(t *testing.T) {
		dir := filepath.Join(h.Root, "out")
		done, err := restore(t, h, from, source.Target{Folder: dir})
		if err != nil {
			t.Fatal(err)
		}
		got := files(t, dir)
		if len(got) != int(from.Truth.Files) || done.Files != from.Truth.Files {
			t.Errorf("%d files came back, told are %d, recorded %d: %v", len(got), done.Files, from.Truth.Files, got)
		}
		for path, body := range got {
			if key := kopia.KeyOf(path); odd[key] != body {
				t.Errorf("%s holds %q, %s held %q", path, body, key, odd[key])
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		for path := range files(t, h.DataDir) {
			if _, known := before[path]; !known && !strings.HasPrefix(path, "cache/") {
				t.Errorf("%s appeared beside the folder", path)
			}
		}
	})
	t.Run("and into another bucket, key by key", func(t *testing.T) {
		to := drilltest.NewBucket(t)
		target := to.Source("back/")
		target.SecretKey = "x"
		if _, err := restore(t, h, from, source.Target{Bucket: target}); err != nil {
			t.Fatal(err)
		}
		again, _ := create(t, h, source.Input{Name: "copy", Kind: source.S3, Config: source.Config{Bucket: to.Source("back/")}, Secret: "x"})
		if copied := stored(t, h, again); copied.Truth.Files != from.Truth.Files || copied.Truth.Bytes != from.Truth.Bytes {
			t.Errorf("%+v of %+v", copied.Truth, from.Truth)
		}
	})
}

func TestAFolderComesBack(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	dir := filepath.Join(h.Root, "docs")
	want := map[string]string{"a": "1", "b/c": "2", "b/d/e": "", "not\xffutf8": "3"}
	for name, body := range want {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755), os.WriteFile(filepath.Join(dir, name), []byte(body), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	id, _ := create(t, h, source.Input{Name: "docs", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: dir}}})
	from := stored(t, h, id)
	t.Run("into a new folder", func(t *testing.T) {
		to := filepath.Join(h.Root, "new")
		done, err := restore(t, h, from, source.Target{Folder: to})
		if got := files(t, to); err != nil || len(got) != len(want) || got["b/c"] != "2" || got["not\xffutf8"] != "3" || done.Place != to {
			t.Fatalf("%v %+v %v", got, done, err)
		}
	})
	t.Run("only what was chosen", func(t *testing.T) {
		to := filepath.Join(h.Root, "some")
		if _, err := restore(t, h, from, source.Target{Folder: to, Paths: []string{"b"}}); err != nil {
			t.Fatal(err)
		}
		if got := files(t, to); len(got) != 2 || got["b/c"] != "2" {
			t.Fatal(got)
		}
	})
	t.Run("not into one that holds something", func(t *testing.T) {
		to := filepath.Join(h.Root, "held")
		if err := errors.Join(os.MkdirAll(to, 0o755), os.WriteFile(filepath.Join(to, "mine"), []byte("mine"), 0o644)); err != nil {
			t.Fatal(err)
		}
		_, err := restore(t, h, from, source.Target{Folder: to})
		wants(t, err, fail.ClassConfig, "source.fail.target_not_empty")
		if _, err := restore(t, h, from, source.Target{Folder: to, Live: true}); err != nil {
			t.Fatal(err)
		}
		if got := files(t, to); got["mine"] != "mine" || got["a"] != "1" {
			t.Error("what the snapshot lacks must be left alone:", got)
		}
	})
	t.Run("not outside of the allowed folders", func(t *testing.T) {
		if err := os.Symlink("/tmp", filepath.Join(h.Root, "tmp")); err != nil {
			t.Fatal(err)
		}
		for _, to := range []string{"/tmp/levqor-evil", h.Root + "/../evil", filepath.Join(h.Root, "tmp", "levqor-evil"), "evil"} {
			if _, err := restore(t, h, from, source.Target{Folder: to}); fail.ClassOf(err) != fail.ClassConfig {
				t.Errorf("%s: %v", to, err)
			}
			if _, err := os.Stat(to); err == nil {
				t.Errorf("%s was made", to)
			}
		}
	})
	t.Run("a link in its way is not followed", func(t *testing.T) {
		to, elsewhere := filepath.Join(h.Root, "linked"), t.TempDir()
		if err := errors.Join(os.MkdirAll(to, 0o755), os.Symlink(elsewhere, filepath.Join(to, "b"))); err != nil {
			t.Fatal(err)
		}
		if _, err := restore(t, h, from, source.Target{Folder: to, Live: true}); err == nil {
			t.Error("nothing was said")
		}
		if got := files(t, elsewhere); len(got) != 0 {
			t.Errorf("written through the link: %v", got)
		}
	})
	t.Run("a failure half-way leaves nothing", func(t *testing.T) {
		b := drilltest.NewBucket(t)
		var puts atomic.Int64
		b.Disturb(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut && puts.Add(1) > 2 {
				drilltest.Refuse(w, http.StatusInsufficientStorage, "InsufficientStorage")
				return true
			}
			return false
		})
		target := b.Source("back/")
		target.SecretKey = "x"
		_, err := restore(t, h, from, source.Target{Bucket: target})
		wants(t, err, fail.ClassQuota, "source.fail.bucket_full")
		b.Disturb(nil)
		if _, err := restore(t, h, from, source.Target{Bucket: target}); err != nil {
			t.Errorf("the place is not as it was: %v", err)
		}
		_, err = restore(t, h, from, source.Target{Bucket: target})
		wants(t, err, fail.ClassConfig, "source.fail.target_not_empty")
	})
	t.Run("a target of another kind is refused", func(t *testing.T) {
		_, err := restore(t, h, from, source.Target{})
		wants(t, err, fail.ClassConfig, "source.fail.target_kind")
	})
}

func TestAProofComparesWithTheTruth(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	id, _ := create(t, h, folderIn(t, h, "docs"))
	from := stored(t, h, id)
	nothing := func(context.Context, string, ...any) error { return nil }
	prove := func(t *testing.T, truth source.Truth) (checks []source.Check) {
		t.Helper()
		changed := from
		changed.Truth = truth
		found, err := h.Sources.Engine(source.Folder).Prove(t.Context(), changed, source.Scratch{Dir: t.TempDir()}, nil, h.Clock.Now(), &source.Meter{}, nothing)
		if err != nil {
			t.Fatal(err)
		}
		return found.Checks
	}
	bad := func(checks []source.Check) (names []string) {
		for _, c := range checks {
			if !c.OK {
				names = append(names, c.Name)
			}
		}
		return names
	}
	if checks := prove(t, from.Truth); len(checks) < 4 || len(bad(checks)) != 0 {
		t.Errorf("a sound copy: %+v", checks)
	}
	for name, change := range map[string]func(*tree.Truth){
		"bytes": func(tr *tree.Truth) { tr.Bytes++ },
		"files": func(tr *tree.Truth) { tr.Files++ },
		"list":  func(tr *tree.Truth) { tr.Digest = strings.Repeat("0", len(tr.Digest)) },
	} {
		t.Run(name+" that differ are found", func(t *testing.T) {
			truth, changed := from.Truth, *from.Truth.Tree
			change(&changed)
			truth.Tree = &changed
			if got := bad(prove(t, truth)); !slices.Equal(got, []string{name}) {
				t.Errorf("%v", got)
			}
		})
	}
}
