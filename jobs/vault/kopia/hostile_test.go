package kopia

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kopia/kopia/repo/object"
	"github.com/kopia/kopia/snapshot"

	"levqor/jobs/fail"
)

// forged enters what no honest Writer would: any name, any type.
func forged(ctx context.Context, w *Writer, dir *node, name string, kind snapshot.EntryType, data string) error {
	to := w.session.NewObjectWriter(ctx, object.WriterOptions{})
	defer to.Close()
	if _, err := to.Write([]byte(data)); err != nil {
		return err
	}
	id, err := to.Result()
	dir.add(&snapshot.DirEntry{Name: name, Type: kind, FileSize: int64(len(data)), Permissions: 0o644, ObjectID: id})
	return err
}

// TestNothingLeavesTheTarget is S7.
func TestNothingLeavesTheTarget(t *testing.T) {
	t.Parallel()
	r := vault(t, Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}, Options{})
	for name, forge := range map[string]func(ctx context.Context, w *Writer, outside string) error{
		"a name with dots": func(ctx context.Context, w *Writer, _ string) error {
			return forged(ctx, w, w.root, "../evil", snapshot.EntryTypeFile, "x")
		},
		"a name that is dots": func(ctx context.Context, w *Writer, _ string) error {
			dir, _ := w.root.child("..", w.start)
			return forged(ctx, w, dir, "evil", snapshot.EntryTypeFile, "x")
		},
		"an absolute name": func(ctx context.Context, w *Writer, outside string) error {
			return forged(ctx, w, w.root, filepath.Join(outside, "evil"), snapshot.EntryTypeFile, "x")
		},
		"a link and a folder of the same name": func(ctx context.Context, w *Writer, outside string) error {
			if err := forged(ctx, w, w.root, "out", snapshot.EntryTypeSymlink, outside); err != nil {
				return err
			}
			dir, _ := w.root.child("out", w.start)
			return forged(ctx, w, dir, "evil", snapshot.EntryTypeFile, "x")
		},
		"a link and a file of the same name": func(ctx context.Context, w *Writer, outside string) error {
			if err := forged(ctx, w, w.root, "out", snapshot.EntryTypeSymlink, filepath.Join(outside, "evil")); err != nil {
				return err
			}
			return forged(ctx, w, w.root, "out", snapshot.EntryTypeFile, "x")
		},
		"a name of nothing": func(ctx context.Context, w *Writer, _ string) error {
			return forged(ctx, w, w.root, "", snapshot.EntryTypeFile, "x")
		},
	} {
		t.Run(name, func(t *testing.T) {
			around := t.TempDir()
			outside := filepath.Join(around, "outside")
			if err := os.Mkdir(outside, 0o700); err != nil {
				t.Fatal(err)
			}
			res, err := r.Write(t.Context(), Snapshot{Source: name, Start: noon}, nil, func(ctx context.Context, w *Writer) error {
				return forge(ctx, w, outside)
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, overwrite := range []bool{false, true} {
				target := filepath.Join(around, "target")
				_, err := r.RestoreTo(t.Context(), res.ManifestID, target, RestoreOptions{Overwrite: overwrite}, nil)
				if !overwrite && err == nil {
					t.Error("restored without a complaint")
				}
				if left := picture(t, outside); left != "" {
					t.Fatalf("written outside: %s", left)
				}
				if names, _ := os.ReadDir(around); len(names) > 2 {
					t.Fatalf("written beside the target: %v", names)
				}
				os.RemoveAll(target)
			}
		})
	}
}

func TestARestoreTouchesNothingInItsWay(t *testing.T) {
	t.Parallel()
	r := vault(t, Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}, Options{})
	res := write(t, r, func(ctx context.Context, w *Writer) error {
		if _, err := w.Stream(ctx, "dir/file", noon, strings.NewReader("new")); err != nil {
			return err
		}
		_, err := w.Stream(ctx, "other", noon, strings.NewReader("other"))
		return err
	})
	t.Run("a file is a conflict", func(t *testing.T) {
		target := t.TempDir()
		put(t, target, "dir/file", []byte("old"))
		_, err := r.RestoreTo(t.Context(), res.ManifestID, target, RestoreOptions{}, nil)
		failed(t, err, fail.ClassConfig, "in_the_way")
		if !fail.Is(err, fail.Conflict) {
			t.Error(err)
		}
		if got, _ := os.ReadFile(filepath.Join(target, "dir/file")); string(got) != "old" {
			t.Errorf("now %q", got)
		}
	})
	t.Run("a file is replaced when asked", func(t *testing.T) {
		target := t.TempDir()
		put(t, target, "dir/file", []byte("old"))
		back, err := r.RestoreTo(t.Context(), res.ManifestID, target, RestoreOptions{Overwrite: true}, nil)
		if got, _ := os.ReadFile(filepath.Join(target, "dir/file")); err != nil || string(got) != "new" || back.Files != 2 {
			t.Errorf("%q %+v %v", got, back, err)
		}
	})
	t.Run("a link in the place of a folder is not followed", func(t *testing.T) {
		target := t.TempDir()
		put(t, target, "real/x", nil)
		if err := os.Symlink("real", filepath.Join(target, "dir")); err != nil {
			t.Fatal(err)
		}
		_, err := r.RestoreTo(t.Context(), res.ManifestID, target, RestoreOptions{Overwrite: true}, nil)
		failed(t, err, fail.ClassConfig, "in_the_way")
		if names, _ := os.ReadDir(filepath.Join(target, "real")); len(names) != 1 {
			t.Error(names)
		}
	})
	t.Run("only what was chosen comes back", func(t *testing.T) {
		target := filepath.Join(t.TempDir(), "deep", "target")
		back, err := r.RestoreTo(t.Context(), res.ManifestID, target, RestoreOptions{Paths: []string{"dir/file"}}, nil)
		if err != nil || back.Files != 1 || back.Bytes != 3 {
			t.Fatal(back, err)
		}
		if _, err := os.Stat(filepath.Join(target, "other")); err == nil {
			t.Error("the other file is there too")
		}
		_, err = r.RestoreTo(t.Context(), res.ManifestID, target, RestoreOptions{Paths: []string{"../x"}}, nil)
		if !fail.Is(err, fail.NotFound) {
			t.Error(err)
		}
	})
}
