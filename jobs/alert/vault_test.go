package alert_test

import (
	"slices"
	"testing"
	"time"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/mail"
)

func TestADamagedVault(t *testing.T) {
	h := newHouse(t)
	h.join(account.RoleOperator)
	h.join(account.RoleViewer)
	now := h.clock.Now()
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes-600) * time.Minute) }
	s := drilltest.New(t, h.db, h.actor, "office-nas", at(-600))
	told := func(damaged, whole int) {
		t.Helper()
		if n := h.mailed(); n[mail.VaultDamaged] != damaged || n[mail.VaultWhole] != whole || len(n) > 2 {
			t.Fatalf("mailed %v, want %d and %d", n, damaged, whole)
		}
		bell := map[string]int{}
		for _, n := range h.bell() {
			bell[n.Kind]++
		}
		if bell["vault_damaged"]*2 != damaged || bell["vault_whole"]*2 != whole {
			t.Fatalf("the bell says %v", bell)
		}
	}
	open := func(times int) {
		t.Helper()
		found := h.open()
		if len(found) != 1 || found[0].Kind != alert.VaultDamaged || found[0].Times != times || found[0].Name() != "vault of office-nas" ||
			found[0].Path() != "/vaults/"+s.VaultID.String() || found[0].FailureKey != "vault.fail.damage_found" {
			t.Fatalf("%+v", found)
		}
	}

	h.consider(s, s.Upkeep(at(0), nil))
	told(0, 0)
	first := s.Upkeep(at(10), drilltest.Damage{"p1": at(11)})
	h.consider(s, first, first)
	open(1)
	told(2, 0) // the owner and the operator, not the viewer

	h.consider(s, s.Upkeep(at(20), drilltest.Damage{"p1": at(11)}))
	open(2)
	told(2, 0) // found again is no news
	h.consider(s, s.Quick(at(25)))
	open(2)
	h.consider(s, s.Upkeep(at(30), drilltest.Damage{"p1": at(11), "p2": at(31)}))
	open(3)
	told(4, 0)

	whole := s.Upkeep(at(40), nil)
	h.consider(s, whole, whole)
	if found := h.open(); len(found) != 0 {
		t.Fatalf("%+v", found)
	}
	told(4, 2)
	h.consider(s, first) // a late word of what is over
	told(4, 2)
	h.consider(s, s.Upkeep(at(50), drilltest.Damage{"p1": at(51)}))
	open(1)
	told(6, 2)
}

func TestDamageThatNobodyWasToldOf(t *testing.T) {
	h := newHouse(t)
	now := h.clock.Now()
	s := drilltest.New(t, h.db, h.actor, "office-nas", now.Add(-24*time.Hour))
	s.Upkeep(now.Add(-2*time.Hour), drilltest.Damage{"p1": now.Add(-2 * time.Hour)}) // the word of it was lost
	h.consider(s, s.Quick(now.Add(-time.Hour)))
	if found := h.open(); len(found) != 1 || h.mailed()[mail.VaultDamaged] != 1 {
		t.Fatalf("%+v, %v", found, h.mailed())
	}
}

// A manifest that is gone, say: no piece of the vault is damaged, and yet a copy is.
func TestACopyThatIsBrokenWithoutADamagedPiece(t *testing.T) {
	h := newHouse(t)
	now := h.clock.Now()
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes-600) * time.Minute) }
	s := drilltest.New(t, h.db, h.actor, "office-nas", at(-600))
	_, snapshot := s.Backup(at(0), 5)
	s.Doubt(snapshot, at(10))
	h.consider(s, s.Quick(at(20)))
	if found := h.open(); len(found) != 0 {
		t.Fatalf("told before it was read again: %+v", found)
	}
	s.Alter(snapshot, "doubt_reads", 1)
	h.consider(s, s.Quick(at(30)))
	h.consider(s, s.Quick(at(40)))
	if found := h.open(); len(found) != 1 || found[0].Kind != alert.VaultDamaged || found[0].FailureKey != "vault.fail.copies_broken" || h.mailed()[mail.VaultDamaged] != 1 {
		t.Fatalf("%+v, %v", found, h.mailed())
	}
	s.Clear(snapshot)
	h.consider(s, s.Quick(at(50)))
	if found := h.open(); len(found) != 0 || h.mailed()[mail.VaultWhole] != 1 {
		t.Fatalf("%+v, %v", found, h.mailed())
	}
}

func TestAVaultThatWasRemoved(t *testing.T) {
	h := newHouse(t)
	now := h.clock.Now()
	gone, kept := drilltest.New(t, h.db, h.actor, "gone", now.Add(-time.Hour)), drilltest.New(t, h.db, h.actor, "kept", now.Add(-time.Hour))
	for _, s := range []*drilltest.History{gone, kept} {
		h.consider(s, s.Upkeep(now.Add(-30*time.Minute), drilltest.Damage{"p1": now.Add(-30 * time.Minute)}))
	}
	gone.RemoveVault(now)
	if err := h.SweepOverdue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := h.open(); len(found) != 1 || found[0].VaultID != kept.VaultID || h.mailed()[mail.VaultWhole] != 0 {
		t.Fatalf("a removal ends it without a word: %+v, %v", found, h.mailed())
	}
	kinds := []string{}
	for _, n := range h.bell() {
		kinds = append(kinds, n.Kind)
	}
	if !slices.Equal(kinds, []string{"vault_damaged", "vault_damaged"}) {
		t.Fatal(kinds)
	}
}
