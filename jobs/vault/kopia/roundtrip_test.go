package kopia

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"levqor/jobs/fail"
)

func sampleTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "empty", nil)
	put(t, dir, "Zażółć gęślą jaźń/日本語.txt", []byte("hello"))
	put(t, dir, "not\xffutf8/\xf4\x8f\xbc\x80.bin", []byte("bytes"))
	put(t, dir, "a/b/c/d/deep", []byte("deep"))
	put(t, dir, "large", noiseBytes(1, 5<<20))
	put(t, dir, "read only/file", []byte("x"))
	for link, target := range map[string]string{"up": "../../etc/passwd", "abs": "/etc/passwd", "in": "a/b", "broken": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "nothing"), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "read only"), 0o555); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAFolderComesBackByteForByte(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		src := sampleTree(t)
		r := vault(t, loc, Options{CacheDir: t.TempDir()})
		m := &Meter{}
		res, err := r.Write(t.Context(), Snapshot{Source: "s", Start: noon}, m, folderOf(src))
		if err != nil {
			t.Fatal(err)
		}
		if res.Files != 6 || res.Links != 4 || res.Stored < 5<<20 || m.Snapshot().Files != 6 || m.Snapshot().Bytes != res.Bytes {
			t.Fatalf("counted %+v, metered %+v", res, m.Snapshot())
		}
		out := filepath.Join(t.TempDir(), "out")
		back, err := reopen(t, loc, Options{ReadOnly: true}).RestoreTo(t.Context(), res.ManifestID, out, RestoreOptions{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, picture(t, src), picture(t, out))
		if back.Files != res.Files || back.Bytes != res.Bytes || back.Links != res.Links {
			t.Fatalf("restored %+v of %+v", back, res)
		}
		damage, err := r.VerifySnapshot(t.Context(), res.ManifestID, 100, nil)
		if err != nil || len(damage) != 0 {
			t.Fatalf("a sound snapshot is damaged: %v %v", damage, err)
		}
	})
}

func TestAnUnchangedFolderStoresNextToNothing(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		src := sampleTree(t)
		r := vault(t, loc, Options{})
		first := write(t, r, folderOf(src))
		put(t, src, "new", []byte("new"))
		m := &Meter{}
		second, err := r.Write(t.Context(), Snapshot{Source: "src-1", Start: time.Now()}, m, folderOf(src))
		if err != nil {
			t.Fatal(err)
		}
		if second.Unchanged != 6 || second.Files != 7 || m.Snapshot().Bytes != 3 || second.Stored > first.Stored/100 {
			t.Fatalf("first %+v, second %+v, read %d", first, second, m.Snapshot().Bytes)
		}
		fresh, err := r.Write(t.Context(), Snapshot{Source: "src-1", Start: time.Now(), Fresh: true}, nil, folderOf(src))
		if err != nil || fresh.Unchanged != 0 || fresh.Stored > first.Stored/100 {
			t.Fatalf("fresh %+v %v", fresh, err)
		}
	})
}

func TestStreamsSitSideBySideInAManifestTree(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		r := vault(t, loc, Options{})
		res := write(t, r, func(ctx context.Context, w *Writer) error {
			done := make(chan error, 3)
			for i, name := range []string{"db/app/data.sql", "db/app/schema.sql", "globals.sql"} {
				go func() {
					_, err := w.Stream(ctx, name, noon, noise(uint64(i), int64(i)<<20))
					done <- err
				}()
			}
			return errors.Join(<-done, <-done, <-done)
		})
		list, more, err := r.List(t.Context(), res.ManifestID, "db/app", "", 1)
		if err != nil || !more || len(list) != 1 || list[0].Path != "db/app/data.sql" || list[0].Size != 0 {
			t.Fatalf("%+v %v %v", list, more, err)
		}
		list, more, err = r.List(t.Context(), res.ManifestID, "db/app", list[0].Name, 5)
		if err != nil || more || len(list) != 1 || list[0].Name != "schema.sql" || !list[0].Modified.Equal(noon) {
			t.Fatalf("%+v %v %v", list, more, err)
		}
		f, e, err := r.OpenFile(t.Context(), res.ManifestID, "globals.sql")
		if err != nil || e.Size != 2<<20 {
			t.Fatal(e, err)
		}
		defer f.Close()
		want := noiseBytes(2, 2<<20)
		got, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, want, got)
		if _, err := f.Seek(1<<20, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		got, _ = io.ReadAll(f)
		equal(t, want[1<<20:], got)
		var paths []string
		if err := r.Walk(t.Context(), res.ManifestID, "", func(e Entry) error { paths = append(paths, e.Path); return nil }); err != nil {
			t.Fatal(err)
		}
		if s := strings.Join(paths, " "); s != "db db/app db/app/data.sql db/app/schema.sql globals.sql" {
			t.Fatal(s)
		}
	})
}

func TestASourceThatBreaksOffLeavesNoSnapshot(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		r := vault(t, loc, Options{})
		broke := errors.New("pg_dump exited with 3")
		_, err := r.Write(t.Context(), Snapshot{Source: "s", Start: noon}, nil, func(ctx context.Context, w *Writer) error {
			if _, err := w.Stream(ctx, "good", noon, noise(1, 1<<20)); err != nil {
				return err
			}
			_, err := w.Stream(ctx, "dump", noon, breaking{noise(2, 3<<20), broke})
			return err
		})
		if !errors.Is(err, broke) {
			t.Fatal(err)
		}
		if _, wrapped := errors.AsType[*fail.Error](err); wrapped {
			t.Fatal("the source's error was taken for the vault's")
		}
		if n := complete(t, r); n != 0 {
			t.Fatalf("%d snapshots", n)
		}
		if res := write(t, r, func(ctx context.Context, w *Writer) error {
			_, err := w.Stream(ctx, "dump", noon, noise(2, 3<<20))
			return err
		}); res.Bytes != 3<<20 {
			t.Fatalf("%+v", res)
		}
	})
}

func TestACancelledWriteLeavesNoSnapshot(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		r := vault(t, loc, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		_, err := r.Write(ctx, Snapshot{Source: "s", Start: noon}, nil, func(ctx context.Context, w *Writer) error {
			_, err := w.Stream(ctx, "dump", noon, io.MultiReader(noise(1, 3<<20), calling{cancel}, noise(2, 30<<20)))
			return err
		})
		if !errors.Is(err, context.Canceled) || complete(t, r) != 0 {
			t.Fatal(err)
		}
	})
}

type calling struct{ fn func() }

func (c calling) Read([]byte) (int, error) { c.fn(); return 0, io.EOF }

func TestAnUnreadableSourceIsNoSmallerBackup(t *testing.T) {
	t.Parallel()
	r := vault(t, Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}, Options{})
	_, err := r.Write(t.Context(), Snapshot{Source: "s", Start: noon}, nil, folderOf(filepath.Join(t.TempDir(), "absent")))
	failed(t, err, fail.ClassGone, "unreadable")
	if complete(t, r) != 0 {
		t.Fatal("a snapshot of nothing")
	}
	src := t.TempDir()
	put(t, src, "keep/a.txt", []byte("a"))
	put(t, src, "node_modules/x/y.js", []byte("b"))
	put(t, src, "keep/tmp/z", []byte("c"))
	res := write(t, r, func(ctx context.Context, w *Writer) error {
		return w.Folder(ctx, "tree", src, FolderOptions{Exclude: []string{"node_modules/", "keep/**/z"}})
	})
	var files []string
	err = r.Walk(t.Context(), res.ManifestID, ".", func(e Entry) error {
		if !e.Dir {
			files = append(files, e.Path)
		}
		return nil
	})
	if err != nil || strings.Join(files, " ") != "tree/keep/a.txt" {
		t.Fatal(files, err)
	}
	_, err = r.Write(t.Context(), Snapshot{Source: "s", Start: noon}, nil, func(ctx context.Context, w *Writer) error {
		return w.Folder(ctx, "", src, FolderOptions{Exclude: []string{"[a"}})
	})
	failed(t, err, fail.ClassConfig, "pattern")
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	r := vault(t, Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}, Options{})
	res := write(t, r, func(ctx context.Context, w *Writer) error {
		_, err := w.Stream(ctx, "a/b", noon, bytes.NewReader(nil))
		return err
	})
	for _, p := range []string{"x", "a/x", "a/b/c", "../a", "/a", "a/../a"} {
		if _, err := r.Stat(t.Context(), res.ManifestID, p); !fail.Is(err, fail.NotFound) {
			t.Errorf("%q: %v", p, err)
		}
	}
	if _, err := r.Stat(t.Context(), "feedfacefeedfacefeedfacefeedface", "a"); !fail.Is(err, fail.NotFound) {
		t.Error(err)
	}
	if _, _, err := r.OpenFile(t.Context(), res.ManifestID, "a"); !fail.Is(err, fail.NotFound) {
		t.Error(err)
	}
	if e, err := r.Stat(t.Context(), res.ManifestID, "a"); err != nil || !e.Dir || e.Files != 1 || e.Mode != fs.ModeDir|0o755 {
		t.Errorf("%+v %v", e, err)
	}
}
