package vaults_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/backup"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/workers"
)

// TestAVaultsLife sets one up, fills it, harms it, and has it say so.
func TestAVaultsLife(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	page := addVault(t, h, "Attic")
	id := uuid.MustParse(strings.TrimPrefix(page, "/vaults/"))
	if setup := h.Await(taskOf(t, h, page)); setup.State != task.Succeeded {
		t.Fatal(setup.FailureKey)
	}
	has(t, h.Owner.Get(page), 200, "Ready", page+"/recovery-kit", page+"/upkeeps")
	backUp(t, h, id)
	t.Run("it says what uses it and how much it holds", func(t *testing.T) {
		has(t, h.Owner.Get(page), 200, "<bdi>papers</bdi>", "1 plan backs up into it")
	})
	t.Run("it can't be removed while it holds snapshots, and says so", func(t *testing.T) {
		has(t, h.Owner.Post(page+"/deletions", "confirm", "Attic"), 409, "Attic still holds snapshots: 1.", "Delete the snapshots first")
		has(t, h.Owner.Get(page+"/settings"), 200, "It holds 1 snapshot.")
	})
	t.Run("what is damaged is named, with what to do", func(t *testing.T) {
		pack := harm(t, filepath.Join(h.DataDir, "vaults", id.String()))
		if answer := h.Owner.Post(page + "/upkeeps"); answer.Status != 303 || answer.Location() != page {
			t.Fatal(answer.Status, answer.Location())
		}
		upkeep := h.Await(taskOf(t, h, page))
		if upkeep.State != task.Failed || upkeep.FailureClass != "damaged" {
			t.Fatal(upkeep.State, upkeep.FailureKey)
		}
		has(t, h.Owner.Get(page), 200, pack, "add a new vault elsewhere", "Damaged pieces: 1.")
		has(t, h.Owner.Get("/vaults"), 200, "1 damaged piece")
		if err := h.Services.Alerts.Consider(t.Context(), upkeep); err != nil { // whoever follows up first
			t.Fatal(err)
		}
		has(t, h.Owner.Get("/"), 200, "<bdi>Attic</bdi>: the vault is damaged", "Reading the vault back found damaged pieces: 1.", page)
		has(t, h.Owner.Get("/notifications"), 200, "<bdi>Attic</bdi>: the vault is damaged", "that writes anew what is damaged", page)
		has(t, h.Owner.Get("/vault-tasks/"+upkeep.ID.String()), 200, "Vault upkeep")
	})
	t.Run("once all of it reads back again, that is told too", func(t *testing.T) {
		harm(t, filepath.Join(h.DataDir, "vaults", id.String())) // the same bit: it is what it was
		has(t, h.Owner.Post(page+"/upkeeps"), 303)
		upkeep := h.Await(taskOf(t, h, page))
		if err := h.Services.Alerts.Consider(t.Context(), upkeep); err != nil || upkeep.State != task.Succeeded {
			t.Fatal(err, upkeep.FailureKey)
		}
		if home := h.Owner.Get("/"); strings.Contains(home.Body, "the vault is damaged") {
			t.Error("the first page still says so")
		}
		has(t, h.Owner.Get("/notifications"), 200, "<bdi>Attic</bdi>: the vault is whole again")
	})
}

// noise does not compress, so that a pack is full of it.
func noise(size int) []byte {
	out, from := make([]byte, size), rand.NewChaCha8([32]byte{7})
	_, _ = from.Read(out)
	return out
}

func backUp(t *testing.T, h *apptest.House, vault uuid.UUID) {
	t.Helper()
	ctx, papers := t.Context(), filepath.Join(h.Root, "papers")
	if err := os.MkdirAll(papers, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(papers, "one"), noise(300<<10), 0o644); err != nil {
		t.Fatal(err)
	}
	from, _, err := h.Services.Sources.Create(ctx, h.Actor, source.Input{Name: "papers", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: papers}}})
	if err != nil {
		t.Fatal(err)
	}
	in := backup.Defaults("UTC")
	in.SourceID, in.VaultID, in.DrillCron = from, vault, ""
	plan, err := h.Services.Backups.CreatePlan(ctx, h.Actor, in)
	if err != nil {
		t.Fatal(err)
	}
	run, err := h.Services.Backups.Start(ctx, h.Actor, plan)
	if err != nil {
		t.Fatal(err)
	}
	if done := h.Await(run); done.State != task.Succeeded {
		t.Fatal(done.FailureKey)
	}
}

// harm flips a byte of a pack and returns the pack's name.
func harm(t *testing.T, dir string) (name string) {
	t.Helper()
	var path string
	err := filepath.WalkDir(dir, func(at string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if whole, err := filepath.Rel(dir, at); err == nil && whole[0] == 'p' && path == "" {
			path, name = at, strings.TrimSuffix(strings.ReplaceAll(whole, "/", ""), ".f")
		}
		return nil
	})
	if err != nil || path == "" {
		t.Fatal("no pack", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0x10
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
