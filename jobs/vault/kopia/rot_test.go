package kopia

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/kopia/kopia/repo/blob"

	"levqor/jobs/fail"
)

// raw is a blob in memory, as kopia's storages take and give it.
type raw struct{ *bytes.Buffer }

func (r raw) Length() int { return r.Len() }

func (r raw) Reader() io.ReadSeekCloser { return inMemory{bytes.NewReader(r.Bytes())} }

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// TestBitRotIsFoundAndNamed is R7: a flipped byte in any pack, or a lost one, is
// found, named, and costs no other snapshot anything.
func TestBitRotIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	loc := Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}
	r := vault(t, loc, Options{})
	ids := map[string]string{} // snapshot by file
	for i := range rounds(12, 80) {
		name := fmt.Sprintf("file-%d", i)
		res, err := r.Write(t.Context(), Snapshot{Source: name, Start: noon}, nil, func(ctx context.Context, w *Writer) error {
			_, err := w.Stream(ctx, name, noon, noise(uint64(i), 300<<10))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = res.ManifestID
	}
	hit := spoil(t, loc, rounds(5, 50))
	r = reopen(t, loc, Options{})
	found, err := r.VerifyContents(t.Context(), 100, nil)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, d := range found {
		named[d.Blob] = true
	}
	for id := range hit {
		if !named[string(id)] {
			t.Errorf("%s is damaged, and only %v was named", id, found)
		}
	}
	if len(found) != len(hit) {
		t.Errorf("%d blobs were damaged, %d named: %v", len(hit), len(found), found)
	}
	sound := 0
	for name, id := range ids {
		damage, err := r.VerifySnapshot(t.Context(), id, 100, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, restored := r.RestoreTo(t.Context(), id, t.TempDir(), RestoreOptions{}, nil)
		if len(damage) == 0 && restored == nil {
			sound++
			continue
		}
		if len(damage) != 1 || damage[0].Path != name || !hit[blob.ID(damage[0].Blob)] {
			t.Errorf("%s: %+v", name, damage)
		}
		failed(t, restored, fail.ClassDamaged, "damaged_file")
	}
	if sound != len(ids)-len(hit) {
		t.Errorf("%d of %d snapshots are sound after %d blobs were hit", sound, len(ids), len(hit))
	}
}

// spoil flips one byte in n-1 data packs and deletes another.
func spoil(t *testing.T, loc Location, n int) map[blob.ID]bool {
	t.Helper()
	st, err := loc.storage(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	packs, err := blob.ListAllBlobs(t.Context(), st, "p")
	if err != nil || len(packs) < n {
		t.Fatal(len(packs), err)
	}
	rand.Shuffle(len(packs), func(i, j int) { packs[i], packs[j] = packs[j], packs[i] })
	hit := map[blob.ID]bool{}
	for i, p := range packs[:n] {
		hit[p.BlobID] = true
		if i == 0 {
			if err := st.DeleteBlob(t.Context(), p.BlobID); err != nil {
				t.Fatal(err)
			}
			continue
		}
		flip(t, st, p.BlobID, int(rand.Int64N(250<<10)+64))
	}
	return hit
}

func flip(t *testing.T, st blob.Storage, id blob.ID, at int) {
	t.Helper()
	buf := raw{&bytes.Buffer{}}
	if err := st.GetBlob(t.Context(), id, 0, -1, buf); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	data[at%len(data)] ^= 0x10
	if err := st.PutBlob(t.Context(), id, buf, blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestRotInIndexesAndDirectoriesIsDamage(t *testing.T) {
	t.Parallel()
	// a pack begins with 32 random bytes and is filled up with others
	for prefix, at := range map[blob.ID]int{"x": 100, "q": 48, "kopia.repository": 300} {
		t.Run(string(prefix), func(t *testing.T) {
			t.Parallel()
			loc := Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}
			res := write(t, vault(t, loc, Options{}), func(ctx context.Context, w *Writer) error {
				_, err := w.Stream(ctx, "a/b", noon, strings.NewReader("hello"))
				return err
			})
			st, err := loc.storage(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			all, err := blob.ListAllBlobs(t.Context(), st, prefix)
			if err != nil || len(all) == 0 {
				t.Fatal(all, err)
			}
			for _, b := range all {
				flip(t, st, b.BlobID, at)
			}
			r, err := Open(t.Context(), loc, key("vault"), Options{})
			if err == nil {
				defer r.Close(t.Context())
				_, err = r.RestoreTo(t.Context(), res.ManifestID, t.TempDir(), RestoreOptions{}, nil)
			}
			// the header's own damage can't be told from another key
			if class := fail.ClassOf(err); class != fail.ClassDamaged && class != fail.ClassConfig {
				t.Fatalf("%s: %v", class, err)
			}
		})
	}
}

// limited is a disk that holds only so much.
type limited struct {
	blob.Storage
	left *atomic.Int64
}

func (l limited) PutBlob(ctx context.Context, id blob.ID, data blob.Bytes, opts blob.PutOptions) error {
	if l.left.Add(-int64(data.Length())) < 0 {
		return fmt.Errorf("write %s: %w", id, syscall.ENOSPC)
	}
	return l.Storage.PutBlob(ctx, id, data, opts)
}

// TestAFullVault is R5: it fails with that word, older snapshots stay good, and
// the next run is fine once there is space.
func TestAFullVault(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		left := &atomic.Int64{}
		left.Store(8 << 20)
		opt := Options{wrap: func(st blob.Storage) blob.Storage { return limited{st, left} }}
		r := vault(t, loc, opt)
		dump := func(seed uint64, n int64) func(context.Context, *Writer) error {
			return func(ctx context.Context, w *Writer) error {
				_, err := w.Stream(ctx, "dump", noon, noise(seed, n))
				return err
			}
		}
		first := write(t, r, dump(1, 4<<20))
		_, err := r.Write(t.Context(), Snapshot{Source: "src-1", Start: noon}, nil, dump(2, 28<<20))
		failed(t, err, fail.ClassQuota, "disk_full")
		if n := complete(t, r); n != 1 {
			t.Fatalf("%d snapshots", n)
		}
		if _, err := r.RestoreTo(t.Context(), first.ManifestID, t.TempDir(), RestoreOptions{}, nil); err != nil {
			t.Fatal(err)
		}
		left.Store(1 << 30)
		second := write(t, r, dump(2, 28<<20))
		if damage, err := r.VerifySnapshot(t.Context(), second.ManifestID, 100, nil); err != nil || len(damage) != 0 {
			t.Fatal(damage, err)
		}
	})
}

func TestACheckpointThatFailsEndsTheWrite(t *testing.T) {
	t.Parallel()
	left := &atomic.Int64{}
	left.Store(1 << 30)
	r := vault(t, Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}, Options{
		checkpoint: 1, wrap: func(st blob.Storage) blob.Storage { return limited{st, left} },
	})
	_, err := r.Write(t.Context(), Snapshot{Source: "s", Start: noon}, nil, func(ctx context.Context, w *Writer) error {
		if _, err := w.Stream(ctx, "a", noon, noise(1, 1<<20)); err != nil {
			return err
		}
		left.Store(0)
		<-ctx.Done()
		return errors.Join(ctx.Err())
	})
	failed(t, err, fail.ClassQuota, "disk_full")
}
