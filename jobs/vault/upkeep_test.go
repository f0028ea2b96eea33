package vault_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/jobs/vault/kopia"
)

// folders are sources of one file each, whose plans share a vault.
type folders struct {
	*drilltest.House
	t         *testing.T
	vault     uuid.UUID
	snapshots map[string]uuid.UUID // by the source's name
}

func newFolders(t *testing.T, n int) *folders {
	t.Helper()
	f := &folders{House: drilltest.NewHouse(t), t: t, snapshots: map[string]uuid.UUID{}}
	f.vault = f.Vault()
	for i := range n {
		name := fmt.Sprintf("folder-%d", i)
		dir := filepath.Join(f.Root, name)
		noise(t, filepath.Join(dir, "file"), 200<<10)
		plan := f.PlanInto(f.vault, f.Source(name, source.Config{Folder: &folder.Config{Path: dir}}, ""))
		_, f.snapshots[name] = f.Backup(plan)
	}
	return f
}

// noise writes a file that nothing else resembles.
func noise(t *testing.T, path string, n int) {
	t.Helper()
	data := make([]byte, n)
	random := rand.NewChaCha8([32]byte([]byte(strings.ReplaceAll(uuid.NewString(), "-", ""))))
	if _, err := random.Read(data); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// packs is the files in the vault's place that hold data, by blob.
func (f *folders) packs() map[string]string {
	f.t.Helper()
	found := map[string]string{}
	place := filepath.Join(f.DataDir, "vaults", f.vault.String())
	err := filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".f") {
			return err
		}
		rel, err := filepath.Rel(place, path)
		if id := strings.TrimSuffix(strings.ReplaceAll(rel, "/", ""), ".f"); err == nil && id[0] == 'p' {
			found[id] = path
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return found
}

// upkeep asks for a round by hand, does it, and returns the task.
func (f *folders) upkeep() task.Task {
	f.t.Helper()
	id, err := f.Vaults.StartUpkeep(f.t.Context(), f.Actor, f.vault)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.Vaults.PerformUpkeep(f.t.Context(), id); err != nil {
		f.t.Fatal(err)
	}
	return f.Task(id)
}

func (f *folders) get() vault.Vault {
	f.t.Helper()
	v, err := f.Vaults.Get(f.t.Context(), f.Actor, f.vault)
	if err != nil {
		f.t.Fatal(err)
	}
	return v
}

func (f *folders) state(snapshot uuid.UUID) (state string) {
	f.t.Helper()
	f.Row(`SELECT health FROM snapshots WHERE id = $1`, snapshot).To(&state)
	return state
}

// spoil flips a byte in some packs and deletes one, and returns which.
func (f *folders) spoil(n int) (hit []string) {
	f.t.Helper()
	for id, path := range f.packs() { // in an order of chance
		if len(hit) == n {
			break
		}
		hit = append(hit, id)
		if len(hit) == 1 {
			if err := os.Remove(path); err != nil {
				f.t.Fatal(err)
			}
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			f.t.Fatal(err)
		}
		data[64+rand.IntN(150<<10)] ^= 1
		if err := os.Chmod(path, 0o600); err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
	slices.Sort(hit)
	return hit
}

// TestUpkeepFindsRot is R7: every damaged piece is named on the vault, the
// snapshots that need it are marked, and the others stay what they were.
func TestUpkeepFindsRot(t *testing.T) {
	t.Parallel()
	f := newFolders(t, drilltest.Rounds(6, 80))
	if got := f.upkeep(); got.State != task.Succeeded || len(f.get().Damage) != 0 || f.get().VerifiedAt == nil {
		t.Fatalf("a sound vault: %s %s, %+v", got.State, got.FailureKey, f.get())
	}
	hit := f.spoil(drilltest.Rounds(3, 50))
	got := f.upkeep()
	if got.State != task.Failed || got.FailureClass != fail.ClassDamaged || got.FailureKey != "vault.fail.damage_found" {
		t.Fatalf("%s %s %s", got.State, got.FailureClass, got.FailureKey)
	}
	var named []string
	missing := 0
	for _, d := range f.get().Damage {
		named = append(named, d.Blob)
		if d.Reason == "missing" {
			missing++
		}
	}
	if slices.Sort(named); !slices.Equal(named, hit) || missing != 1 {
		t.Errorf("%v were damaged, named are %v, %d missing", hit, named, missing)
	}
	repo, err := f.Vaults.Open(t.Context(), f.Actor.Workspace, f.vault, true)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close(context.WithoutCancel(t.Context()))
	marked := 0
	for name, snapshot := range f.snapshots {
		s, err := f.Backups.Snapshot(t.Context(), f.Actor, snapshot)
		if err != nil {
			t.Fatal(err)
		}
		_, restored := repo.RestoreTo(t.Context(), s.ManifestID, t.TempDir(), kopia.RestoreOptions{}, nil)
		if state := f.state(snapshot); (state == "sound") != (restored == nil) {
			t.Errorf("%s is called %s; restored: %v", name, state, restored)
		} else if state == "doubted" {
			marked++
		}
	}
	if marked != len(hit) {
		t.Errorf("%d snapshots are marked, %d pieces were damaged", marked, len(hit))
	}
	t.Run("a new snapshot writes the damage anew, and the old one is whole again", func(t *testing.T) {
		for name, snapshot := range f.snapshots {
			dir := filepath.Join(f.Root, name)
			noise(t, filepath.Join(dir, "new"), 1000)
			var plan uuid.UUID
			f.Row(`SELECT plan_id FROM snapshots WHERE id = $1`, snapshot).To(&plan)
			id, err := f.Backups.Start(t.Context(), f.Actor, plan)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Backups.Perform(t.Context(), id); err != nil || f.Task(id).State != task.Succeeded {
				t.Errorf("a backup of %s: %v %s %s", name, err, f.Task(id).State, f.Task(id).FailureKey)
			}
		}
	})
	f.Clock.Shift(2 * time.Minute)
	f.sweep()
	for name, snapshot := range f.snapshots {
		var lost string // the list of a copy whose pack is gone: nobody has it any more
		f.Row(`SELECT coalesce(unreadable ->> 'paths', '') FROM snapshots WHERE id = $1`, snapshot).To(&lost)
		if f.state(snapshot) != "sound" && lost != `[".levqor-files.jsonl"]` {
			t.Errorf("%s is still %s: %s", name, f.state(snapshot), lost)
		}
	}
}

func TestDamageIsNotForgotten(t *testing.T) {
	t.Parallel()
	f := newFolders(t, 4)
	hit := f.spoil(2)
	f.upkeep()
	t.Run("a piece that is found again was found when it was", func(t *testing.T) {
		before := f.get().Damage
		f.Clock.Shift(time.Hour)
		f.upkeep()
		for _, d := range f.get().Damage {
			if !slices.ContainsFunc(before, func(known vault.Damage) bool { return known.Blob == d.Blob && known.FoundAt.Equal(d.FoundAt) }) {
				t.Errorf("%s was found at %s", d.Blob, d.FoundAt)
			}
		}
	})
	t.Run("a share that was read again acquits nothing", func(t *testing.T) {
		f.Exec(`UPDATE vaults SET full_upkeep_at = NULL, verified_at = NULL, upkeep_due_at = now() WHERE id = $1`, f.vault)
		if err := f.Vaults.SweepUpkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := f.Vaults.PerformUpkeep(t.Context(), f.get().Task.ID); err != nil {
			t.Fatal(err)
		}
		for _, blob := range hit {
			if !slices.ContainsFunc(f.get().Damage, func(d vault.Damage) bool { return d.Blob == blob }) {
				t.Errorf("%s is forgotten", blob)
			}
		}
	})
}

func TestUpkeepMeasures(t *testing.T) {
	t.Parallel()
	f := newFolders(t, 1)
	started := f.Clock.Now()
	if got := f.upkeep(); got.State != task.Succeeded {
		t.Fatal(got.FailureKey)
	}
	v := f.get()
	if v.UsedBytes == nil || *v.UsedBytes < 200<<10 || v.MeasuredAt.Before(started) || v.FullUpkeepAt == nil {
		t.Fatalf("%+v", v)
	}
}

func TestSweepUpkeep(t *testing.T) {
	t.Parallel()
	f := newFolders(t, 1)
	sweep := func() (started int) {
		t.Helper()
		if err := f.Vaults.SweepUpkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.Row(`SELECT count(*) FROM tasks WHERE kind = 'vault_upkeep' AND state = 'queued'`).To(&started)
		return started
	}
	if n := sweep(); n != 0 {
		t.Fatalf("%d before the first hour was over", n)
	}
	f.Clock.Shift(61 * time.Minute)
	if n := sweep(); n != 1 {
		t.Fatalf("%d started", n)
	}
	if n := sweep(); n != 1 {
		t.Errorf("a second sweep makes it %d", n)
	}
	if _, err := f.Vaults.StartUpkeep(t.Context(), f.Actor, f.vault); !fail.Is(err, fail.Conflict) {
		t.Errorf("a round beside the one that waits: %v", err)
	}
	if err := f.Vaults.PerformUpkeep(t.Context(), f.get().Task.ID); err != nil {
		t.Fatal(err)
	}
	f.Clock.Shift(10 * time.Hour)
	if n := sweep(); n != 0 {
		t.Errorf("a vault that nobody used gets %d rounds more", n)
	}
	f.Clock.Shift(26 * time.Hour)
	if n := sweep(); n != 1 {
		t.Errorf("%d after a day", n)
	}
}
