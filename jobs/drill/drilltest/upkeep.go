package drilltest

import (
	"time"

	"github.com/google/uuid"

	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// Damage is pieces of a vault by when they were first found damaged.
type Damage map[string]time.Time

// Upkeep read the vault back then, and found that.
func (h *History) Upkeep(at time.Time, found Damage) uuid.UUID {
	h.t.Helper()
	damage := []vault.Damage{}
	for blob, since := range found {
		damage = append(damage, vault.Damage{Blob: blob, Reason: "altered", FoundAt: since})
	}
	h.exec(`UPDATE vaults SET damage = $2 WHERE id = $1`, h.VaultID, damage)
	if len(found) == 0 {
		return h.upkeep(at, task.Succeeded, "", "")
	}
	return h.upkeep(at, task.Failed, "damaged", "vault.fail.damage_found")
}

// Quick is an upkeep that read nothing back.
func (h *History) Quick(at time.Time) uuid.UUID {
	h.t.Helper()
	return h.upkeep(at, task.Succeeded, "", "")
}

func (h *History) upkeep(at time.Time, state task.State, class, key string) uuid.UUID {
	h.t.Helper()
	id := h.task(task.VaultUpkeep, at, state, class, key)
	h.exec(`INSERT INTO vault_tasks (id, workspace_id, vault_id, created_at) VALUES ($1, $2, $3, $4)`, id, h.Actor.Workspace, h.VaultID, at)
	return id
}

// RemoveVault takes the vault out of Levqor.
func (h *History) RemoveVault(at time.Time) {
	h.t.Helper()
	h.exec(`UPDATE vaults SET deleted_at = $2 WHERE id = $1`, h.VaultID, at)
}
