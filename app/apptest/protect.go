package apptest

import (
	"time"

	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/drill"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// Protected is a source of the owner's with a plan and a first copy, proven.
type Protected struct {
	Source   uuid.UUID
	Plan     uuid.UUID
	Snapshot uuid.UUID
	Drill    uuid.UUID // the first, which follows the first backup by itself
}

// Protect adds a source, backs it up into a new vault and waits for its first
// proof. Workers must be at work.
func (h *House) Protect(in source.Input, asserts ...source.Assertion) (p Protected) {
	h.t.Helper()
	ctx := h.t.Context()
	vaultID, setup, err := h.Services.Vaults.Create(ctx, h.Actor, vault.Input{Name: "Vault of " + in.Name, Kind: vault.Filesystem})
	must(h.t, err)
	h.done(setup)
	p.Source, _, err = h.Services.Sources.Create(ctx, h.Actor, in)
	must(h.t, err)
	plan := backup.Defaults("UTC")
	plan.SourceID, plan.VaultID, plan.Assertions = p.Source, vaultID, asserts
	p.Plan, err = h.Services.Backups.CreatePlan(ctx, h.Actor, plan)
	must(h.t, err)
	first, err := h.Services.Backups.Start(ctx, h.Actor, p.Plan)
	must(h.t, err)
	h.done(first)
	found, err := h.Services.Backups.Get(ctx, h.Actor, first)
	must(h.t, err)
	p.Snapshot, p.Drill = *found.SnapshotID, h.firstDrill(p.Plan)
	h.done(p.Drill)
	return p
}

func (h *House) done(id uuid.UUID) {
	h.t.Helper()
	if found := h.Await(id); found.State != task.Succeeded {
		h.t.Fatalf("%s is %s: %s %v", found.Kind, found.State, found.FailureKey, found.FailureArgs)
	}
}

// firstDrill waits for the drill that nobody orders.
func (h *House) firstDrill(plan uuid.UUID) uuid.UUID {
	h.t.Helper()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		found, err := h.Services.Drills.List(h.t.Context(), h.Actor, drill.Filter{PlanID: plan, Limit: 1})
		must(h.t, err)
		if len(found) > 0 {
			return found[0].ID
		}
		<-tick.C
	}
	h.t.Fatal("no drill followed the first backup")
	return uuid.Nil
}
