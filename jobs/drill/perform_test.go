package drill_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/drill"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
)

func drillsOf(h *drilltest.House) *drill.Drills {
	return drill.New(h.DB, h.Queue, h.Clock, h.Box, h.Runner, h.Vaults, h.Sources, drill.Options{DataDir: h.DataDir})
}

// proveNow runs a drill of the plan and reads its proof offline.
func proveNow(t *testing.T, h *drilltest.House, d *drill.Drills, plan uuid.UUID) (drill.Drill, drill.Facts) {
	t.Helper()
	id, err := d.Start(t.Context(), h.Actor, plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Perform(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	h.Done(id)
	found, err := d.Get(t.Context(), h.Actor, id)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := d.Proof(t.Context(), h.Actor, id)
	if err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := d.Keys(t.Context(), h.Actor)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := drill.VerifyFile(file, keys)
	if err != nil {
		t.Fatal(err)
	}
	return found, facts
}

func scratchLeft(t *testing.T, h *drilltest.House) int {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(h.DataDir, "scratch"))
	if err != nil {
		t.Fatal(err)
	}
	return len(left)
}

func TestDrillOfADatabase(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	d := drillsOf(h)
	_, config, password := drilltest.Shop(t, "drilled", 5000)
	sourceID := h.Source("drilled", source.Config{Postgres: &config}, password)
	plan := h.Plan(sourceID, source.Assertion{Name: "Orders are there", Database: "drilled", Query: "select count(*) = 5000 from orders"})
	_, snapshot := h.Backup(plan)

	t.Run("a good copy is proven", func(t *testing.T) {
		found, facts := proveNow(t, h, d, plan)
		doc := facts.Document
		if !doc.Passed || found.Passed == nil || !*found.Passed || !facts.Trusted || *found.SnapshotID != snapshot {
			t.Fatalf("%+v\n%+v", found, doc)
		}
		if *doc.Snapshot.Rows != 5100 || doc.Snapshot.Tables != 2 || len(doc.Assertions) != 1 || !doc.Assertions[0].OK || doc.Assertions[0].Query == "" ||
			doc.Total != doc.Good || doc.Total < 6 || doc.Objectives.RestoreMS <= 0 || !doc.Objectives.RTOMet || !doc.Objectives.RPOMet || doc.Source.Version == "" {
			t.Fatalf("%+v", doc)
		}
		for _, g := range doc.Groups() {
			if g.Name == "rows" && (g.Recorded != "5100" || g.Restored != "5100" || g.Total != 2) {
				t.Errorf("%+v", g)
			}
		}
		var proven bool
		h.Row(`SELECT proven_at IS NOT NULL FROM snapshots WHERE id = $1`, snapshot).To(&proven)
		if !proven || scratchLeft(t, h) != 0 {
			t.Fatalf("proven %v, %d left in scratch", proven, scratchLeft(t, h))
		}
	})
	t.Run("a false assertion fails it, and says nothing against the copy", func(t *testing.T) {
		h.Exec(`UPDATE plans SET assertions = '[{"name": "Too many", "database": "drilled", "query": "select count(*) > 9000 from orders"}]' WHERE id = $1`, plan)
		found, facts := proveNow(t, h, d, plan)
		var state string
		h.Row(`SELECT health FROM snapshots WHERE id = $1`, snapshot).To(&state)
		if facts.Document.Passed || *found.Passed || *found.ChecksTotal-*found.ChecksGood != 1 || state != "sound" {
			t.Fatalf("%+v, snapshot %s", facts.Document, state)
		}
		h.Exec(`UPDATE plans SET assertions = '[]' WHERE id = $1`, plan)
	})
	t.Run("rows that differ from what was recorded fail it and mark the copy", func(t *testing.T) {
		h.Exec(`UPDATE snapshots SET truth = jsonb_set(truth, '{postgres,databases,0,tables,1,rows}', '4999') WHERE id = $1`, snapshot)
		_, facts := proveNow(t, h, d, plan)
		var state string
		h.Row(`SELECT health FROM snapshots WHERE id = $1`, snapshot).To(&state)
		if facts.Document.Passed || state != "doubted" {
			t.Fatalf("%+v, snapshot %s", facts.Document, state)
		}
	})
}

func TestDrillOfADamagedVault(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	d := drillsOf(h)
	from := filepath.Join(h.Root, "files")
	if err := os.MkdirAll(from, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		content := bytes.Repeat([]byte{byte('a' + i), 7, byte(i)}, 20_000+i)
		if err := os.WriteFile(filepath.Join(from, string(rune('a'+i))), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	plan := h.Plan(h.Source("files", source.Config{Folder: &folder.Config{Path: from}}, ""))
	_, snapshot := h.Backup(plan)
	if _, facts := proveNow(t, h, d, plan); !facts.Document.Passed || facts.Document.Snapshot.Rows != nil || facts.Document.Target != "folder" {
		t.Fatalf("%+v", facts.Document)
	}
	packs := 0
	err := filepath.WalkDir(filepath.Join(h.DataDir, "vaults"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(path, "/p/") { // kopia shards a pack's blob, p…, into folders
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i := 40; i < len(raw); i += 4000 {
			raw[i] ^= 0x10
		}
		packs++
		return os.WriteFile(path, raw, 0o600)
	})
	if err != nil || packs == 0 {
		t.Fatal(packs, err)
	}
	found, facts := proveNow(t, h, d, plan)
	var state string
	h.Row(`SELECT health FROM snapshots WHERE id = $1`, snapshot).To(&state)
	if facts.Document.Passed || *found.Passed || state != "doubted" || scratchLeft(t, h) != 0 {
		t.Fatalf("%+v, snapshot %s", facts.Document, state)
	}
}

func TestDrillThatCanNotRun(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	d := drillsOf(h)
	from := filepath.Join(h.Root, "files")
	if err := os.MkdirAll(from, 0o755); err != nil {
		t.Fatal(err)
	}
	plan := h.Plan(h.Source("files", source.Config{Folder: &folder.Config{Path: from}}, ""))
	_, snapshot := h.Backup(plan)
	id, err := d.Start(t.Context(), h.Actor, plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(h.DataDir, "vaults"), filepath.Join(h.DataDir, "away")); err != nil {
		t.Fatal(err)
	}
	if err := d.Perform(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	var state string
	h.Row(`SELECT health FROM snapshots WHERE id = $1`, snapshot).To(&state)
	found, err := d.Get(t.Context(), h.Actor, id)
	if err != nil || found.State != task.Failed || found.Passed != nil || found.FailureKey == "task.fail.internal" || state != "sound" || scratchLeft(t, h) != 0 {
		t.Fatalf("%+v, snapshot %s, %v", found, state, err)
	}
}
