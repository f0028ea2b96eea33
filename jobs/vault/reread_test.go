package vault_test

import (
	"os"
	"testing"
	"time"

	"levqor/jobs/task"
)

// sweep starts what is due, does it, and reports whether anything was.
func (f *folders) sweep() bool {
	f.t.Helper()
	if err := f.Vaults.SweepUpkeep(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	t := f.get().Task
	if t == nil || t.State != task.Queued {
		return false
	}
	if err := f.Vaults.PerformUpkeep(f.t.Context(), t.ID); err != nil {
		f.t.Fatal(err)
	}
	return true
}

// away takes every pack out of the vault until back is called.
func (f *folders) away() (back func()) {
	f.t.Helper()
	packs := f.packs()
	for _, path := range packs {
		if err := os.Rename(path, path+".away"); err != nil {
			f.t.Fatal(err)
		}
	}
	return func() {
		for _, path := range packs {
			if err := os.Rename(path+".away", path); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

// TestAPackThatIsAwayForAMinute loses nothing and leaves no mark.
func TestAPackThatIsAwayForAMinute(t *testing.T) {
	t.Parallel()
	f := newFolders(t, 3)
	back := f.away()
	if got := f.upkeep(); got.State != task.Failed {
		t.Fatalf("%s with every pack away", got.State)
	}
	for name, snapshot := range f.snapshots {
		if f.state(snapshot) != "doubted" {
			t.Errorf("%s is %s after one look", name, f.state(snapshot))
		}
	}
	back()
	f.Clock.Shift(90 * time.Second)
	if !f.sweep() {
		t.Fatal("nothing is read again")
	}
	for name, snapshot := range f.snapshots {
		if f.state(snapshot) != "sound" {
			t.Errorf("%s stays %s", name, f.state(snapshot))
		}
	}
	var marks, told int
	f.Row(`SELECT count(*) FROM snapshots WHERE state <> 'good' OR doubted_at IS NOT NULL OR reread_at IS NOT NULL OR unreadable IS NOT NULL`).To(&marks)
	f.Row(`SELECT count(*) FROM audit_events WHERE action IN ('snapshot.doubted', 'snapshot.sound')`).To(&told)
	if marks != 0 || told != 6 || len(f.get().Damage) != 0 {
		t.Errorf("%d marks, %d lines in the audit log, %+v", marks, told, f.get().Damage)
	}
}

// TestDoubtBecomesDamage after five looks, each later than the one before.
func TestDoubtBecomesDamage(t *testing.T) {
	t.Parallel()
	f := newFolders(t, 1)
	back := f.away()
	f.upkeep()
	snapshot := f.snapshots["folder-0"]
	var passed time.Duration
	for i, wait := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour} {
		if f.Clock.Shift(passed + wait - 30*time.Second); f.sweep() && wait < time.Hour {
			t.Fatalf("look %d came early", i+1)
		}
		if f.state(snapshot) != "doubted" {
			t.Fatalf("%s before look %d", f.state(snapshot), i+1)
		}
		passed += wait + time.Second
		if f.Clock.Shift(passed); !f.sweep() {
			t.Fatalf("look %d did not come", i+1)
		}
	}
	var files, of int64
	f.Row(`SELECT (unreadable ->> 'files')::int, (unreadable ->> 'of')::int FROM snapshots WHERE id = $1`, snapshot).To(&files, &of)
	if f.state(snapshot) != "damaged" || files == 0 || of < files {
		t.Fatalf("%s, %d of %d files", f.state(snapshot), files, of)
	}
	t.Run("all of the vault read back acquits it", func(t *testing.T) {
		back()
		if got := f.upkeep(); got.State != task.Succeeded || f.state(snapshot) != "sound" {
			t.Errorf("%s, the copy is %s", got.State, f.state(snapshot))
		}
	})
}
