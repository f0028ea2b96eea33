package kopia

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kopia/kopia/repo/blob"

	"levqor/jobs/fail"
)

// tree is a folder of files of which some share a pack.
func treeFor(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"a", "sub/b", "sub/c", "d"} {
		put(t, dir, name, noiseBytes(uint64(i), 300<<10))
	}
	return dir
}

// damagePacks loses or alters every pack of a prefix, and names them.
func damagePacks(t *testing.T, loc Location, prefix blob.ID, lose bool) (hit []string) {
	t.Helper()
	st, err := loc.storage(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	packs, err := blob.ListAllBlobs(t.Context(), st, prefix)
	if err != nil || len(packs) == 0 {
		t.Fatal(len(packs), err)
	}
	for _, p := range packs {
		hit = append(hit, string(p.BlobID))
		if lose {
			err = st.DeleteBlob(t.Context(), p.BlobID)
		} else {
			flip(t, st, p.BlobID, 1000)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return hit
}

// A backup that is told of damage writes what its source still has anew, and so
// mends the snapshots before it.
func TestABackupMendsWhatIsDamaged(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]bool{"a lost pack": true, "an altered pack": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc := Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}
			dir := treeFor(t)
			old := write(t, vault(t, loc, Options{}), folderOf(dir))
			hit := damagePacks(t, loc, "p", lose)
			put(t, dir, "new", noiseBytes(9, 1000))

			r := reopen(t, loc, Options{})
			found, err := r.Inspect(t.Context(), []string{old.ManifestID}, nil)
			if i := found[old.ManifestID]; err != nil || i.Whole() || i.Files != 4 || i.Unreadable == 0 || len(i.Paths) == 0 {
				t.Fatalf("%+v %v", i, err)
			}
			res, err := r.Write(t.Context(), Snapshot{Source: "src-1", Start: noon, Damaged: hit}, nil, folderOf(dir))
			if err != nil {
				t.Fatal(err)
			}
			r = reopen(t, loc, Options{})
			found, err = r.Inspect(t.Context(), []string{old.ManifestID, res.ManifestID}, nil)
			if err != nil || !found[old.ManifestID].Whole() || !found[res.ManifestID].Whole() {
				t.Fatalf("%+v %v", found, err)
			}
			if damage, err := r.VerifyContents(t.Context(), 100, nil); err != nil || len(damage) > 0 {
				t.Fatalf("the vault: %v %v", damage, err)
			}
			target := t.TempDir()
			if _, err := r.RestoreTo(t.Context(), res.ManifestID, target, RestoreOptions{}, nil); err != nil {
				t.Fatal(err)
			}
			same(t, picture(t, dir), picture(t, target))
		})
	}
}

// Nobody has told it yet that a pack is gone: it finds out before the snapshot counts.
func TestABackupDoesNotRestOnALostPack(t *testing.T) {
	t.Parallel()
	loc := Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}
	dir := treeFor(t)
	write(t, vault(t, loc, Options{}), folderOf(dir))
	hit := damagePacks(t, loc, "p", true)
	r := reopen(t, loc, Options{})
	_, err := r.Write(t.Context(), Snapshot{Source: "src-1", Start: noon}, nil, folderOf(dir))
	failed(t, err, fail.ClassTransient, "rests_on_damage")
	lost, ok := errors.AsType[*NotKept](err)
	if !ok || lost.New || lost.Damage[0].Blob != hit[0] {
		t.Fatalf("%+v of %v", lost, hit)
	}
	if n := complete(t, r); n != 1 {
		t.Errorf("%d snapshots, the one that was there is all there may be", n)
	}
}

// lying answers that all is well and keeps nothing, or half, of what it is given.
type lying struct {
	blob.Storage
	prefix blob.ID
	half   bool
	on     *atomic.Bool
}

func (l lying) PutBlob(ctx context.Context, id blob.ID, data blob.Bytes, opts blob.PutOptions) error {
	if !l.on.Load() || !strings.HasPrefix(string(id), string(l.prefix)) {
		return l.Storage.PutBlob(ctx, id, data, opts)
	}
	if !l.half {
		return nil
	}
	cut := raw{&bytes.Buffer{}}
	if _, err := data.WriteTo(cut); err != nil {
		return err
	}
	cut.Truncate(cut.Len() / 2)
	return l.Storage.PutBlob(ctx, id, cut, opts)
}

func TestAStoreThatKeepsNothing(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		for name, store := range map[string]lying{
			"no pack":              {prefix: "p"},
			"half of a pack":       {prefix: "p", half: true},
			"no pack of folders":   {prefix: "q"},
			"half of those either": {prefix: "q", half: true},
		} {
			t.Run(name, func(t *testing.T) {
				loc := loc
				loc.Path, loc.Prefix = filepath.Join(loc.Path, strings.ReplaceAll(name, " ", "-")), loc.Prefix+strings.ReplaceAll(name, " ", "-")+"/"
				store.on = &atomic.Bool{}
				opt := Options{wrap: func(st blob.Storage) blob.Storage { store.Storage = st; return store }}
				r := vault(t, loc, opt)
				store.on.Store(true)
				dir := treeFor(t)
				_, err := r.Write(t.Context(), Snapshot{Source: "src-1", Start: noon}, nil, folderOf(dir))
				failed(t, err, fail.ClassTransient, "not_kept")
				lost, ok := errors.AsType[*NotKept](err)
				if !ok {
					t.Fatal(err)
				}
				store.on.Store(false)
				r = reopen(t, loc, opt)
				if n := complete(t, r); n != 0 {
					t.Fatalf("%d snapshots of a store that kept nothing", n)
				}
				var blobs []string
				for _, d := range lost.Damage {
					blobs = append(blobs, d.Blob)
				}
				res, err := r.Write(t.Context(), Snapshot{Source: "src-1", Start: noon, Damaged: blobs}, nil, folderOf(dir))
				if err != nil {
					t.Fatal(err)
				}
				if damage, err := reopen(t, loc, Options{}).VerifySnapshot(t.Context(), res.ManifestID, 100, nil); err != nil || len(damage) > 0 {
					t.Fatal(damage, err)
				}
			})
		}
	})
}
