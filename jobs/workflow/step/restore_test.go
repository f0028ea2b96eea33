package step_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/source"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/step"
)

func TestRestoreOfFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sourceID, plan, snapshot := h.folder("office")
	dir := filepath.Join(h.Root, "office")

	t.Run("into a folder", func(t *testing.T) {
		run := h.run("  - {id: r, kind: restore, config: {plan: %s, to: folder, folder: %s/back, paths: [a.txt]}}", plan, h.Root)
		if class, _ := h.waits(run, step.WaitTask); class != "B" {
			t.Errorf("class %s", class)
		}
		h.perform("restore", h.restores.Perform)
		got := h.ends(run)["r"]
		if got["files"] != 1.0 || got["place"] != filepath.Join(h.Root, "back") || got["snapshot"] != snapshot.String() {
			t.Errorf("%v", got)
		}
		if text, err := os.ReadFile(filepath.Join(h.Root, "back", "a.txt")); err != nil || string(text) != "first" {
			t.Errorf("%q, %v", text, err)
		}
	})
	t.Run("as a download, at once", func(t *testing.T) {
		got := h.ends(h.run("  - {id: r, kind: restore, config: {snapshot: %s, to: download}}", snapshot))["r"]
		found, err := h.restores.Get(t.Context(), h.Actor, uuid.MustParse(got["restore"].(string)))
		if err != nil || !found.Download(h.Clock.Now()) {
			t.Errorf("%+v, %v", found, err)
		}
	})
	t.Run("over live data only when a person agrees", func(t *testing.T) {
		if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("spoilt"), 0o644); err != nil {
			t.Fatal(err)
		}
		live := "  - {id: r, kind: restore, on_error: continue, config: {source: %s, to: folder, over_live: true, confirm: office}}"
		run := h.run(live, sourceID)
		if class, _ := h.waits(run, step.WaitApproval); class != "C" {
			t.Errorf("class %s", class)
		}
		h.decide(run, "r", false)
		h.ends(run)
		if text, _ := os.ReadFile(filepath.Join(dir, "a.txt")); string(text) != "spoilt" {
			t.Error("it was restored against the answer")
		}
		run = h.run(live, sourceID)
		h.decide(run, "r", true)
		h.perform("restore", func(ctx context.Context, id uuid.UUID) error {
			done := make(chan error)
			go func() { done <- h.restores.Perform(ctx, id) }()
			h.Perform(h.waitingBackup(plan)) // what keeps today's state
			return <-done
		})
		h.ends(run)
		if text, _ := os.ReadFile(filepath.Join(dir, "a.txt")); string(text) != "first" {
			t.Errorf("%q", text)
		}
	})
	t.Run("what jobs/restore refuses", func(t *testing.T) {
		for field, config := range map[string]string{
			"folder":  "{snapshot: %s, to: folder, folder: /etc}",
			"paths":   "{snapshot: %s, to: folder, folder: /etc/x, paths: [../up]}",
			"to":      "{snapshot: %s, to: database}",
			"confirm": "{snapshot: %s, to: folder, over_live: true, confirm: home}",
		} {
			run := h.run("  - {id: r, kind: restore, config: "+config+"}", snapshot)
			if field == "confirm" {
				h.decide(run, "r", true)
			}
			if got := h.fails(run, "workflow.fail.rendered"); got.Args["field"] != field {
				t.Errorf("%s: %v", field, got.Args)
			}
		}
		h.fails(h.run("  - {id: r, kind: restore, config: {snapshot: %s, to: download}}", uuid.New()), "step.fail.no_snapshot")
	})
}

// waitingBackup is the one that somebody else orders.
func (h *house) waitingBackup(plan uuid.UUID) (id uuid.UUID) {
	h.t.Helper()
	for id == uuid.Nil {
		if h.t.Context().Err() != nil {
			h.t.Fatal("nobody orders a backup")
		}
		h.Row(`SELECT coalesce((SELECT t.id FROM backups b JOIN tasks t USING (id) WHERE b.plan_id = $1 AND t.state = 'queued'), $2)`, plan, uuid.Nil).To(&id)
	}
	return id
}

func TestRestoreOfADatabase(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server, config, password := drilltest.Shop(t, "stepshop", 200)
	sourceID := h.Source("stepshop", source.Config{Postgres: &config}, password)
	h.Backup(h.Plan(sourceID))
	t.Cleanup(func() { server.SQL(t, "postgres", `DROP DATABASE IF EXISTS stepshop_run_1 WITH (FORCE)`) })
	run := h.run("  - {id: r, kind: restore, config: {source: %s, names: {stepshop: \"stepshop_run_${run.number}\"}}}", sourceID)
	h.perform("restore", h.restores.Perform)
	got := h.ends(run)["r"]
	if rows := drilltest.Ask[int](t, server, "stepshop_run_1", `SELECT count(*) FROM orders`); rows != 200 || got["rows"] != 300.0 {
		t.Errorf("%d orders, %v", rows, got)
	}
	run = h.run("  - {id: r, kind: restore, config: {source: %s, names: {stepshop: stepshop_run_1}}}", sourceID)
	h.perform("restore", h.restores.Perform)
	if got := h.see(run); got.State != engine.Failed || got.Failure != "postgres.fail.name_taken" {
		t.Errorf("%+v", got)
	}
}

func TestRestoreSettings(t *testing.T) {
	t.Parallel()
	spec := step.Restore(nil, nil)
	for _, config := range []map[string]any{
		{}, {"source": "a", "plan": "b"}, {"plan": "a", "snapshot": "b"}, {"source": "a", "to": "folder"}, {"source": "a", "to": "moon"},
		{"source": "a", "over_live": true}, {"source": "a", "over_live": "${true}", "confirm": "x"},
	} {
		if len(spec.CheckConfig(config)) == 0 {
			t.Errorf("%v is taken", config)
		}
	}
	if problems := spec.CheckConfig(map[string]any{"source": "${trigger.source.id}", "to": "folder", "folder": "${trigger.to}"}); problems != nil {
		t.Errorf("%v", problems)
	}
}
