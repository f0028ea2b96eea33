package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/vault"
)

func TestUpdate(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	b := drilltest.NewBucket(t)
	id, setup, err := h.Vaults.Create(t.Context(), h.Actor, b.Vault("bucket", "p"))
	if err != nil || h.Vaults.PerformSetup(t.Context(), setup) != nil {
		t.Fatal(err)
	}
	update := func(revision int, in vault.Input) error {
		return h.Vaults.Update(t.Context(), h.Actor, id, revision, in)
	}
	for name, in := range map[string]vault.Input{
		"moved to another bucket":       {Name: "bucket", Bucket: "others"},
		"moved to another prefix":       {Name: "bucket", Prefix: "q"},
		"moved to another host":         {Name: "bucket", Endpoint: "https://evil.example.com"},
		"given a login without its key": {Name: "bucket", AccessKey: "OTHER"},
		"left without a name":           {},
	} {
		t.Run("can't be "+name, func(t *testing.T) {
			if err := update(0, in); !fail.Is(err, fail.Invalid) {
				t.Fatal(err)
			}
		})
	}
	t.Run("a name alone tries nothing", func(t *testing.T) {
		if err := update(1, vault.Input{Name: "renamed"}); err != nil {
			t.Fatal(err)
		}
		if v, err := h.Vaults.Get(t.Context(), h.Actor, id); err != nil || v.Name != "renamed" || v.Revision != 2 || v.Task.ID != setup {
			t.Fatalf("%+v %v", v, err)
		}
	})
	t.Run("an older page is refused", func(t *testing.T) {
		if err := update(1, vault.Input{Name: "late"}); !fail.Is(err, fail.Conflict) {
			t.Fatal(err)
		}
	})
	t.Run("new credentials are tried", func(t *testing.T) {
		if err := update(2, vault.Input{Name: "renamed", AccessKey: "OTHER", SecretKey: "new"}); err != nil {
			t.Fatal(err)
		}
		v, err := h.Vaults.Get(t.Context(), h.Actor, id)
		if err != nil || v.Task.ID == setup || v.Location.AccessKey != "OTHER" || v.State != vault.Ready {
			t.Fatalf("%+v %v", v, err)
		}
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	del := func(id uuid.UUID) error { return h.Vaults.Delete(t.Context(), h.Actor, id) }
	wants := func(t *testing.T, err error, key string) {
		t.Helper()
		if f, ok := errors.AsType[*fail.Error](err); !ok || f.Kind != fail.Conflict || f.Key != "vault.fail."+key {
			t.Fatalf("%v, want vault.fail.%s", err, key)
		}
	}
	past := drilltest.New(t, h.DB, h.Actor, "shop", h.Clock.Now())
	wants(t, del(past.VaultID), "has_plans")
	past.Backup(h.Clock.Now(), 10)
	wants(t, del(past.VaultID), "holds_snapshots")
	id := h.Vault()
	if _, err := h.Vaults.StartUpkeep(t.Context(), h.Actor, id); err != nil {
		t.Fatal(err)
	}
	wants(t, del(id), "in_use")
	idle := h.Vault()
	if err := del(idle); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Vaults.Get(t.Context(), h.Actor, idle); !fail.Is(err, fail.NotFound) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(h.DataDir, "vaults", idle.String())); err != nil {
		t.Error("what lay in its place must stay:", err)
	}
}
