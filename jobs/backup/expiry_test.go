package backup_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
)

// TestExpire goes through the whole of retention on a real vault.
func TestExpire(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	src, dir := folderSource(t, h, "docs")
	plan := h.Plan(src)
	var snapshots []uuid.UUID
	for day := range 4 {
		h.Clock.Shift(time.Duration(day) * 24 * time.Hour)
		if err := os.WriteFile(filepath.Join(dir, "day"), []byte(fmt.Sprint(day)), 0o644); err != nil {
			t.Fatal(err)
		}
		_, snapshot := h.Backup(plan)
		snapshots = append(snapshots, snapshot)
	}
	actor := h.Actor
	actor.SteppedUpAt = h.Clock.Now()
	hold, err := h.Backups.Hold(t.Context(), actor, snapshots[0], backup.HoldInput{Reason: "audit"})
	if err != nil {
		t.Fatal(err)
	}
	keep := func(k backup.Keep) {
		t.Helper()
		h.Exec(`UPDATE plans SET keep = $2 WHERE id = $1`, plan, k)
	}
	left := func(want ...int) {
		t.Helper()
		var good []int
		for i, id := range snapshots {
			s, err := h.Backups.Snapshot(t.Context(), actor, id)
			if err != nil {
				t.Fatal(err)
			}
			if s.State == backup.Good {
				good = append(good, i)
			}
		}
		if manifests, _ := kept(t, h, plan); !slices.Equal(good, want) || len(manifests) != len(want) {
			t.Fatalf("listed are %v, the vault holds %d, want %v", good, len(manifests), want)
		}
	}
	expire := func() {
		t.Helper()
		if err := h.Backups.Expire(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
	}
	keep(backup.Keep{DailyDays: 2, MinAgeDays: 3})
	expire()
	left(0, 1, 2, 3) // younger than the minimum age, or held
	keep(backup.Keep{DailyDays: 2})
	expire()
	left(0, 2, 3)
	t.Run("what is held can't be deleted", func(t *testing.T) {
		if err := h.Backups.Delete(t.Context(), actor, snapshots[0]); !fail.Is(err, fail.Conflict) {
			t.Error(err)
		}
	})
	if err := h.Backups.Release(t.Context(), actor, hold); err != nil {
		t.Fatal(err)
	}
	// Killed after it marked what goes: the next run deletes it.
	h.Exec(`UPDATE snapshots SET state = 'deleting' WHERE id = $1`, snapshots[0])
	expire()
	left(2, 3)
	t.Run("a deletion asked for happens with the next round", func(t *testing.T) {
		unconfirmed := actor
		unconfirmed.SteppedUpAt = time.Time{}
		if err := h.Backups.Delete(t.Context(), unconfirmed, snapshots[2]); !fail.Is(err, fail.StepUp) {
			t.Error(err)
		}
		if err := h.Backups.Delete(t.Context(), actor, snapshots[2]); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Backups.Hold(t.Context(), actor, snapshots[2], backup.HoldInput{Reason: "late"}); !fail.Is(err, fail.Conflict) {
			t.Errorf("a hold on what is being deleted: %v", err)
		}
		expire()
		left(3)
	})
	t.Run("the last good one stays, whatever is asked", func(t *testing.T) {
		keep(backup.Keep{})
		h.Clock.Shift(4000 * 24 * time.Hour)
		expire()
		left(3)
		actor.SteppedUpAt = h.Clock.Now()
		if err := h.Backups.Delete(t.Context(), actor, snapshots[3]); !fail.Is(err, fail.Conflict) {
			t.Error(err)
		}
	})
	var audited int
	h.Row(`SELECT count(*) FROM audit_events WHERE action = 'snapshot.deleted'`).To(&audited)
	if audited != 3 {
		t.Errorf("%d deletions are audited, want 3", audited)
	}
}

func TestAVaultThatIsAwayDelaysExpiry(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	src, _ := folderSource(t, h, "docs")
	plan := h.Plan(src)
	_, first := h.Backup(plan)
	h.Clock.Shift(24 * time.Hour)
	h.Backup(plan)
	var vault uuid.UUID
	h.Row(`SELECT vault_id FROM plans WHERE id = $1`, plan).To(&vault)
	place := filepath.Join(h.DataDir, "vaults", vault.String())
	if err := os.Rename(place, place+".away"); err != nil {
		t.Fatal(err)
	}
	h.Exec(`UPDATE plans SET keep = '{}' WHERE id = $1`, plan)
	if err := h.Backups.Expire(t.Context(), plan); err == nil {
		t.Error("nothing failed")
	}
	if s, err := h.Backups.Snapshot(t.Context(), h.Actor, first); err != nil || s.State == backup.Deleted {
		t.Errorf("%s %v: recorded as gone while it may still be there", s.State, err)
	}
	if err := os.Rename(place+".away", place); err != nil {
		t.Fatal(err)
	}
	if err := h.Backups.Expire(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if s, err := h.Backups.Snapshot(t.Context(), h.Actor, first); err != nil || s.State != backup.Deleted {
		t.Errorf("%s %v", s.State, err)
	}
}
