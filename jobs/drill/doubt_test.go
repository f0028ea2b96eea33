package drill_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/source"
)

// TestProofsThatFailDeleteNothing is the life of a plan whose proofs do not pass:
// its copies stay, are proven again, and are sound once a proof passes.
func TestProofsThatFailDeleteNothing(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	d := drillsOf(h)
	_, config, password := drilltest.Shop(t, "doubtful", 50)
	plan := h.Plan(h.Source("doubtful", source.Config{Postgres: &config}, password))
	h.Exec(`UPDATE plans SET drill_cron = '' WHERE id = $1`, plan) // no hour but that of doubt
	differs := func(snapshot uuid.UUID, rows string) {
		t.Helper()
		h.Exec(`UPDATE snapshots SET truth = jsonb_set(truth, '{postgres,databases,0,tables,1,rows}', $2::jsonb) WHERE id = $1`, snapshot, rows)
	}
	is := func(snapshot uuid.UUID, want string, reads int) {
		t.Helper()
		var health, state string
		var n int
		h.Row(`SELECT health, state, doubt_reads FROM snapshots WHERE id = $1`, snapshot).To(&health, &state, &n)
		if health != want || state != "good" || n != reads {
			t.Errorf("%s, %s after %d checks, want %s after %d", state, health, n, want, reads)
		}
	}
	backup := func() uuid.UUID {
		t.Helper()
		h.Exec(`UPDATE snapshots SET taken_at = taken_at - interval '5 days' WHERE plan_id = $1`, plan)
		_, snapshot := h.Backup(plan)
		if err := h.Backups.Expire(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		return snapshot
	}
	// swept does the drill that the hour brings, of that copy.
	swept := func(after time.Duration, want uuid.UUID) {
		t.Helper()
		h.Clock.Shift(after)
		if err := d.SweepSchedules(t.Context()); err != nil {
			t.Fatal(err)
		}
		var id, of uuid.UUID
		h.Row(`SELECT d.id, d.snapshot_id FROM drills d JOIN tasks t USING (id) WHERE t.state = 'queued'`).To(&id, &of)
		if of != want {
			t.Fatalf("a drill of %s, want %s", of, want)
		}
		if err := d.Perform(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		h.Done(id)
	}

	first := backup()
	differs(first, "49")
	proveNow(t, h, d, plan)
	is(first, "doubted", 0)
	second := backup()
	differs(second, "49")
	proveNow(t, h, d, plan)
	third := backup()
	for _, snapshot := range []uuid.UUID{first, second} {
		is(snapshot, "doubted", 0)
	}
	is(third, "sound", 0)

	t.Run("a person may prove a doubted copy again", func(t *testing.T) {
		id, err := d.StartSnapshot(t.Context(), h.Actor, second)
		if err != nil {
			t.Fatal(err)
		}
		differs(second, "50")
		if err := d.Perform(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		is(second, "sound", 0)
	})
	t.Run("else the hour does", func(t *testing.T) {
		swept(61*time.Second, first)
		is(first, "doubted", 1)
		differs(first, "50")
		swept(61*time.Second+5*time.Minute+time.Second, first)
		is(first, "sound", 0)
	})
}
