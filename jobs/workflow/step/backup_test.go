package step_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/workflow/step"
)

func TestBackup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, plan, first := h.folder("papers")

	t.Run("begins a real one and waits for its snapshot", func(t *testing.T) {
		run := h.run("  - {id: b, kind: backup, config: {plan: %s}}\n  - {id: l, kind: log, config: {message: \"${steps.b.files} of ${steps.b.source}\"}}", plan)
		if class, _ := h.waits(run, step.WaitTask); class != "B" {
			t.Errorf("class %s", class)
		}
		id := h.perform("backup", h.Backups.Perform)
		got := h.ends(run)["b"]
		var snapshot uuid.UUID
		h.Row(`SELECT snapshot_id FROM backups WHERE id = $1`, id).To(&snapshot)
		if got["backup"] != id.String() || got["snapshot"] != snapshot.String() || snapshot == first || got["bytes"] == 0.0 || h.Task(id).ActorName != "Levqor" {
			t.Errorf("%v", got)
		}
	})
	t.Run("waits its turn while the plan is being backed up", func(t *testing.T) {
		running, err := h.Backups.Start(t.Context(), h.Actor, plan)
		if err != nil {
			t.Fatal(err)
		}
		run := h.run("  - {id: b, kind: backup, config: {plan: %s}}", plan)
		h.waits(run, step.WaitRetry)
		h.Perform(running)
		h.pass(time.Minute)
		h.waits(run, step.WaitTask)
		h.perform("backup", h.Backups.Perform)
		if got := h.ends(run)["b"]; got["backup"] == running.String() {
			t.Error("the other one's result is taken for its own")
		}
	})
	t.Run("fails as its backup does", func(t *testing.T) {
		run := h.run("  - {id: b, kind: backup, config: {plan: %s}}", plan)
		dir := filepath.Join(h.Root, "papers")
		if err := os.Rename(dir, dir+"-away"); err != nil {
			t.Fatal(err)
		}
		id := h.perform("backup", h.Backups.Perform)
		if err := os.Rename(dir+"-away", dir); err != nil {
			t.Fatal(err)
		}
		h.fails(run, h.Task(id).FailureKey)
	})
	t.Run("learns of one that was canceled before it began", func(t *testing.T) {
		run := h.run("  - {id: b, kind: backup, config: {plan: %s}}", plan)
		var id uuid.UUID
		h.Row(`SELECT id FROM tasks WHERE kind = 'backup' AND state = 'queued'`).To(&id)
		if err := h.Tasks.Cancel(t.Context(), h.Actor, id); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Second)
		h.fails(run, "step.fail.task_canceled")
	})
	t.Run("gives up after a day", func(t *testing.T) {
		run := h.run("  - {id: b, kind: backup, config: {plan: %s}}", plan)
		h.pass(25 * time.Hour)
		h.fails(run, "step.fail.task_late")
		h.Exec(`UPDATE tasks SET state = 'canceled' WHERE state = 'queued'`)
	})
	t.Run("of a plan that isn't there", func(t *testing.T) {
		h.fails(h.run("  - {id: b, kind: backup, config: {plan: %s}}", uuid.New()), "step.fail.no_plan")
		got := h.fails(h.run("  - {id: b, kind: backup, config: {plan: \"${run.number}\"}}"), "workflow.fail.rendered")
		if got.Args["why_key"] != "workflow.fail.text" {
			t.Errorf("%v", got.Args)
		}
	})
	t.Run("of another workspace's plan", func(t *testing.T) {
		mine := h.Actor
		h.Actor = dbtest.Workspace(t, h.DB)
		h.fails(h.run("  - {id: b, kind: backup, config: {plan: %s}}", plan), "step.fail.no_plan")
		h.Actor = mine
	})
}

func TestDrill(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, plan, snapshot := h.folder("proofs")
	prove := func(steps string) uuid.UUID {
		run := h.run(steps, plan)
		if class, _ := h.waits(run, step.WaitTask); class != "A" {
			t.Errorf("class %s", class)
		}
		h.perform("drill", h.drills.Perform)
		return run
	}
	got := h.ends(prove("  - {id: d, kind: drill, config: {plan: %s}}"))["d"]
	if got["passed"] != true || got["snapshot"] != snapshot.String() || got["good"] != got["checks"] || got["checks"] == 0.0 {
		t.Errorf("%v", got)
	}
	h.Exec(`UPDATE snapshots SET truth = replace(truth::text, '"files": 2', '"files": 3')::jsonb WHERE id = $1`, snapshot)
	h.fails(prove("  - {id: d, kind: drill, config: {plan: %s}}"), "step.drill.fail.not_passed")
	h.Exec(`UPDATE snapshots SET health = 'sound', doubted_at = NULL, reread_at = NULL`)
	if got := h.ends(prove("  - {id: d, kind: drill, config: {plan: %s, accept_failed: true}}"))["d"]; got["passed"] != false {
		t.Errorf("%v", got)
	}
	h.Exec(`UPDATE snapshots SET state = 'deleted'`)
	h.fails(h.run("  - {id: d, kind: drill, config: {plan: %s}}", plan), "drill.fail.no_snapshot")
}

func TestHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sourceID, plan, snapshot := h.folder("kept")

	t.Run("keeps the newest of a source, and a given one", func(t *testing.T) {
		_, newest := h.Backup(plan)
		got := h.ends(h.run("  - {id: a, kind: hold, config: {source: %s, reason: audit, days: 30}}\n  - {id: b, kind: hold, config: {snapshot: %s, reason: law}}", sourceID, snapshot))
		if got["a"]["snapshot"] != newest.String() || got["b"]["snapshot"] != snapshot.String() || got["b"]["until"] != nil {
			t.Errorf("%v", got)
		}
		holds, err := h.Backups.SnapshotHolds(t.Context(), h.Actor, newest)
		if err != nil || len(holds) != 1 || holds[0].Reason != "audit" || holds[0].HeldBy != "Levqor" || holds[0].Until.Sub(h.Clock.Now()) < 29*24*time.Hour {
			t.Errorf("%+v, %v", holds, err)
		}
	})
	t.Run("is told of with the workflow that did it, which it does not start again", func(t *testing.T) {
		workflow, version := h.publish("  - {id: a, kind: hold, config: {source: %s, reason: own}}", sourceID)
		h.Exec(`INSERT INTO workflow_triggers (workflow_id, workspace_id, kind, event) VALUES ($1, $2, 'event', 'hold.placed')`, workflow, h.Actor.Workspace)
		if _, err := h.Backups.Hold(t.Context(), h.Actor, snapshot, backup.HoldInput{Reason: "by hand"}); err != nil {
			t.Fatal(err)
		}
		h.ends(h.start(workflow, version, nil))
		var by []string
		h.Row(`SELECT array_agg(begun_by::text ORDER BY id) FROM workflow_events`).To(&by)
		if want := []string{"{}", "{" + workflow.String() + "}"}; !slices.Equal(by, want) {
			t.Errorf("begun by %v, want %v", by, want)
		}
	})
	t.Run("lets go only when a person agrees", func(t *testing.T) {
		run := h.run("  - {id: a, kind: hold, config: {source: %s, reason: audit}}\n  - {id: r, kind: hold, config: {action: release, hold: \"${steps.a.hold}\"}}", sourceID)
		if class, _ := h.waits(run, step.WaitApproval); class != "C" {
			t.Errorf("class %s", class)
		}
		h.decide(run, "r", true)
		id := uuid.MustParse(h.ends(run)["r"]["hold"].(string))
		if found, err := h.Backups.FindHold(t.Context(), h.Actor, id); err != nil || found.ReleasedAt == nil {
			t.Errorf("%+v, %v", found, err)
		}
	})
	t.Run("what can't be held", func(t *testing.T) {
		h.fails(h.run("  - {id: a, kind: hold, config: {source: %s, reason: audit}}", uuid.New()), "backup.fail.no_copy")
		h.fails(h.run("  - {id: a, kind: hold, config: {snapshot: %s, reason: audit}}", uuid.New()), "step.fail.no_snapshot")
		h.Exec(`UPDATE snapshots SET state = 'deleting' WHERE id = $1`, snapshot)
		h.fails(h.run("  - {id: a, kind: hold, config: {snapshot: %s, reason: audit}}", snapshot), "backup.fail.snapshot_gone")
	})
	t.Run("settings that say too little or too much", func(t *testing.T) {
		spec := step.Hold(h.Backups)
		for _, config := range []map[string]any{
			{"reason": "x"}, {"source": "s", "snapshot": "n", "reason": "x"}, {"source": "s"}, {"action": "release"},
		} {
			if len(spec.CheckConfig(config)) == 0 {
				t.Errorf("%v is taken", config)
			}
		}
	})
}

func TestApplyRetention(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, plan, old := h.folder("aged")
	_, newest := h.Backup(plan)
	h.Exec(`UPDATE snapshots SET taken_at = taken_at - interval '2 years' WHERE id = $1`, old)
	h.ends(h.run("  - {id: a, kind: apply_retention, config: {plan: %s}}", plan))
	var job uuid.UUID
	h.Row(`SELECT (args ->> 'id')::uuid FROM river_job WHERE kind = 'expiry'`).To(&job)
	if err := h.Backups.Expire(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	var states []string
	h.Row(`SELECT array_agg(state ORDER BY taken_at) FROM snapshots WHERE id = ANY($1)`, []uuid.UUID{old, newest}).To(&states)
	if states[0] != "deleted" || states[1] != "good" {
		t.Errorf("%v", states)
	}
	h.fails(h.run("  - {id: a, kind: apply_retention, config: {plan: %s}}", uuid.New()), "step.fail.no_plan")
}
