package kopia

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"levqor/jobs/fail"
)

// spoilOne alters the one piece of a pack that an entry lies in.
func spoilOne(t *testing.T, loc Location, r *Repository, id, name string) {
	t.Helper()
	e, err := r.Stat(t.Context(), id, name)
	if err != nil {
		t.Fatal(err)
	}
	contents, err := r.rep.VerifyObject(t.Context(), e.raw.ObjectID)
	if err != nil || len(contents) == 0 {
		t.Fatal(contents, err)
	}
	info, err := r.rep.ContentInfo(t.Context(), contents[0])
	if err != nil {
		t.Fatal(err)
	}
	st, err := loc.storage(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	flip(t, st, info.PackBlobID, int(info.PackOffset)+int(info.PackedLength)/2)
}

// TestWhatCanBeReadComesBack: one of many files lies in an altered piece, later a
// folder does too.
func TestWhatCanBeReadComesBack(t *testing.T) {
	t.Parallel()
	loc := Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}
	names := []string{"deep/a", "deep/b"}
	for i := range 10 {
		names = append(names, fmt.Sprintf("file-%d", i))
	}
	was := map[string][]byte{}
	r := vault(t, loc, Options{})
	id := write(t, r, func(ctx context.Context, w *Writer) error {
		for i, name := range names {
			data, err := io.ReadAll(noise(uint64(i), 50<<10))
			if err == nil {
				_, err = w.Stream(ctx, name, noon, bytes.NewReader(data))
			}
			if err != nil {
				return err
			}
			was[name] = data
		}
		return nil
	}).ManifestID
	restore := func(dir string, opt RestoreOptions) (done Restored, lost []string, err error) {
		t.Helper()
		var mu sync.Mutex
		opt.Lost = func(e Entry) {
			mu.Lock()
			defer mu.Unlock()
			lost = append(lost, e.Path)
		}
		done, err = reopen(t, loc, Options{}).RestoreTo(t.Context(), id, dir, opt, nil)
		slices.Sort(lost)
		return done, lost, err
	}
	same := func(dir string, except ...string) {
		t.Helper()
		for name, want := range was {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if slices.Contains(except, name) {
				if !os.IsNotExist(err) {
					t.Errorf("%s is there: %d bytes, %v", name, len(got), err)
				}
				continue
			}
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
		}
	}
	spoilOne(t, loc, r, id, "file-3")

	t.Run("without leave to, nothing is left out", func(t *testing.T) {
		_, err := reopen(t, loc, Options{}).RestoreTo(t.Context(), id, t.TempDir(), RestoreOptions{}, nil)
		failed(t, err, fail.ClassDamaged, "damaged_file")
	})
	t.Run("a file", func(t *testing.T) {
		dir := t.TempDir()
		done, lost, err := restore(dir, RestoreOptions{})
		if err != nil || !slices.Equal(lost, []string{"file-3"}) || done.Files != 11 || done.Lost != 1 {
			t.Fatalf("%+v, lost %v, %v", done, lost, err)
		}
		same(dir, "file-3")
	})
	t.Run("what is there stays where nothing can replace it", func(t *testing.T) {
		dir := t.TempDir()
		for _, name := range []string{"file-2", "file-3"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("live"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, lost, err := restore(dir, RestoreOptions{Overwrite: true}); err != nil || len(lost) != 1 {
			t.Fatal(lost, err)
		}
		if live, err := os.ReadFile(filepath.Join(dir, "file-3")); string(live) != "live" {
			t.Errorf("%q, %v", live, err)
		}
		if err := os.Remove(filepath.Join(dir, "file-3")); err != nil {
			t.Fatal(err)
		}
		same(dir, "file-3")
	})
	t.Run("nothing at all is a failure", func(t *testing.T) {
		_, _, err := restore(t.TempDir(), RestoreOptions{Paths: []string{"file-3"}})
		failed(t, err, fail.ClassDamaged, "damaged")
	})
	t.Run("a folder that can't be opened", func(t *testing.T) {
		spoilOne(t, loc, r, id, "deep")
		dir := t.TempDir()
		done, lost, err := restore(dir, RestoreOptions{})
		if err != nil || !slices.Equal(lost, []string{"deep", "file-3"}) || done.Files != 9 || done.Lost != 3 {
			t.Fatalf("%+v, lost %v, %v", done, lost, err)
		}
		same(dir, "file-3", "deep/a", "deep/b")
	})
}
