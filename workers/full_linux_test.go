package workers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// disk is a file system that holds only so much, mounted at dir.
func disk(t *testing.T, dir string, megabytes int) (grow func(megabytes int)) {
	t.Helper()
	size := func(n int) string { return fmt.Sprintf("size=%dm,mode=0755", n) }
	must(t, os.MkdirAll(dir, 0o755))
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, size(megabytes)); err != nil {
		t.Skipf("needs the right to mount a file system: %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return func(n int) { must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, size(n))) }
}

// TestAFullDisk is R5: the failure has that word and comes soon, what was there
// before still restores, and the next run is fine once there is space.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	t.Run("of a vault", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		place := filepath.Join(h.root, "vault")
		grow := disk(t, place, 32)
		h.work()
		into := h.vault(vault.Input{Kind: vault.Filesystem, Path: filepath.Join(place, "v")})
		in := h.folder("files", 4, 1<<20)
		plan := h.plan(into, in)
		if got := h.backUp(plan); got.State != task.Succeeded {
			t.Fatal(got.FailureKey)
		}
		h.settle()
		h.fill(in.Config.Folder.Path, 64, 1<<20)
		wantsQuota(t, h.backUp(plan), "vault.fail.disk_full")
		h.everySnapshotRestores(into)
		grow(256)
		if got := h.backUp(plan); got.State != task.Succeeded {
			t.Fatalf("with space again: %s", got.FailureKey)
		}
		h.settle()
		h.everySnapshotRestores(into)
	})
	t.Run("of scratch space", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		grow := disk(t, filepath.Join(h.Config.DataDir, "scratch"), 8)
		h.work()
		plan := h.plan(h.vault(vault.Input{Kind: vault.Filesystem}), h.folder("files", 16, 1<<20))
		if got := h.backUp(plan); got.State != task.Succeeded {
			t.Fatal(got.FailureKey)
		}
		h.settle() // the first proof, by itself
		id, err := h.Drills.Start(t.Context(), h.actor, plan)
		must(t, err)
		wantsQuota(t, h.await(id), "drill.fail.no_scratch")
		if left, err := filepath.Glob(filepath.Join(h.Config.DataDir, "scratch", "*")); err != nil || len(left) > 0 {
			t.Errorf("scratch space holds %v %v", left, err)
		}
		grow(128)
		id, err = h.Drills.Start(t.Context(), h.actor, plan)
		must(t, err)
		h.done(id)
	})
	for name, megabytes := range map[string]int{"too small for a database's scratch server": 24, "too small for the database": 50} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			grow := disk(t, filepath.Join(h.Config.DataDir, "scratch"), megabytes)
			h.work()
			shop, _ := h.shop(fmt.Sprint("shop_full_", megabytes), 150_000)
			plan := h.plan(h.vault(vault.Input{Kind: vault.Filesystem}), shop)
			if got := h.backUp(plan); got.State != task.Succeeded {
				t.Fatal(got.FailureKey)
			}
			h.settle()
			id, err := h.Drills.Start(t.Context(), h.actor, plan)
			must(t, err)
			wantsQuota(t, h.await(id), "drill.fail.no_scratch")
			if left, err := filepath.Glob(filepath.Join(h.Config.DataDir, "scratch", "*")); err != nil || len(left) > 0 {
				t.Errorf("scratch space holds %v %v", left, err)
			}
			grow(512)
			id, err = h.Drills.Start(t.Context(), h.actor, plan)
			must(t, err)
			h.done(id)
		})
	}
}

func wantsQuota(t *testing.T, got task.Task, key string) {
	t.Helper()
	if got.State != task.Failed || got.FailureClass != fail.ClassQuota || got.FailureKey != key {
		t.Fatalf("%s %s %s %v, want %s", got.State, got.FailureClass, got.FailureKey, got.FailureArgs, key)
	}
	if got.Attempt != 1 {
		t.Errorf("it was tried %d times", got.Attempt)
	}
	t.Logf("told after %s", got.Took(time.Now()).Round(time.Millisecond))
}
