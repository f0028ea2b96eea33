package kopia

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kopia/kopia/repo/maintenance"
)

func TestSpaceOfDeletedSnapshotsComesBack(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		var ahead atomic.Int64 // kopia's times are whole seconds, a test is faster
		now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		r := vault(t, loc, Options{now: now, safety: &maintenance.SafetyNone})
		dump := func(seed uint64) func(context.Context, *Writer) error {
			return func(ctx context.Context, w *Writer) error {
				_, err := w.Stream(ctx, "dump", noon, noise(seed, 18<<20))
				return err
			}
		}
		old, kept := write(t, r, dump(1)), write(t, r, dump(2))
		if err := r.Delete(t.Context(), old.ManifestID, old.ManifestID, "feedfacefeedfacefeedfacefeedface"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Maintain(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		var back int64
		for range 3 { // kopia drops in steps: contents, then packs
			ahead.Add(int64(30 * time.Second))
			reclaimed, err := r.Maintain(t.Context(), true)
			if err != nil {
				t.Fatal(err)
			}
			back += reclaimed.Bytes
		}
		if back < 12<<20 {
			t.Errorf("only %d bytes came back", back)
		}
		used, err := r.Usage(t.Context())
		if err != nil || used.Bytes > 26<<20 || used.Blobs == 0 {
			t.Errorf("%+v %v", used, err)
		}
		if damage, err := reopen(t, loc, Options{}).VerifySnapshot(t.Context(), kept.ManifestID, 100, nil); err != nil || len(damage) > 0 {
			t.Error(damage, err)
		}
	})
}

func TestMaintenanceSparesWhatIsYoung(t *testing.T) {
	t.Parallel()
	loc := Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}
	r := vault(t, loc, Options{})
	res := write(t, r, func(ctx context.Context, w *Writer) error {
		_, err := w.Stream(ctx, "dump", noon, noise(1, 4<<20))
		return err
	})
	if err := r.Delete(t.Context(), res.ManifestID); err != nil {
		t.Fatal(err)
	}
	torn, fresh := filepath.Join(loc.Path, "p00", "x.f.tmp.1"), filepath.Join(loc.Path, "p00", "y.f.tmp.2")
	put(t, loc.Path, "p00/x.f.tmp.1", []byte("torn"))
	put(t, loc.Path, "p00/y.f.tmp.2", []byte("being written"))
	if err := os.Chtimes(fresh, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	reclaimed, err := r.Maintain(t.Context(), true)
	if err != nil || reclaimed.Bytes > 1<<20 {
		t.Errorf("%+v %v", reclaimed, err)
	}
	if _, err := os.Stat(torn); err == nil {
		t.Error("a torn file stayed")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error(err)
	}
}
