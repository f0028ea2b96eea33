package vault_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/jobs/vault/kopia"
)

// failed does the task, which must fail so.
func failed(t *testing.T, h *drilltest.House, perform func(context.Context, uuid.UUID) error, id uuid.UUID, class fail.Class, key string) task.Task {
	t.Helper()
	err := perform(t.Context(), id)
	if _, later := errors.AsType[*queue.RetryLater](err); err != nil && !later {
		t.Fatal(err)
	}
	got := h.Task(id)
	if got.FailureClass != class || got.FailureKey != "vault.fail."+key {
		t.Fatalf("%s: %s %s %v, want %s vault.fail.%s", got.State, got.FailureClass, got.FailureKey, got.FailureArgs, class, key)
	}
	return got
}

func TestSetup(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	create := func(t *testing.T, in vault.Input) (id, setup uuid.UUID) {
		t.Helper()
		in.Name = uuid.NewString()
		id, setup, err := h.Vaults.Create(t.Context(), h.Actor, in)
		if err != nil {
			t.Fatal(err)
		}
		return id, setup
	}
	again := func(t *testing.T, id uuid.UUID) uuid.UUID {
		t.Helper()
		setup, err := h.Vaults.StartSetup(t.Context(), h.Actor, id)
		if err != nil {
			t.Fatal(err)
		}
		return setup
	}
	state := func(t *testing.T, id uuid.UUID) vault.State {
		t.Helper()
		v, err := h.Vaults.Get(t.Context(), h.Actor, id)
		if err != nil {
			t.Fatal(err)
		}
		return v.State
	}
	t.Run("killed before its end, it finds what it made", func(t *testing.T) {
		t.Parallel()
		id, setup := create(t, vault.Input{Kind: vault.Filesystem})
		if err := h.Vaults.PerformSetup(t.Context(), setup); err != nil {
			t.Fatal(err)
		}
		h.Exec(`UPDATE vaults SET state = 'creating' WHERE id = $1`, id) // as if its commit had not come
		second := again(t, id)
		if err := h.Vaults.PerformSetup(t.Context(), second); err != nil || h.Done(second).Kind != task.VaultSetup || state(t, id) != vault.Ready {
			t.Fatal(err, state(t, id))
		}
	})
	t.Run("a vault of somebody else's is not taken", func(t *testing.T) {
		t.Parallel()
		at := filepath.Join(h.Root, "occupied")
		if err := kopia.Create(t.Context(), kopia.Location{Kind: kopia.Filesystem, Path: at}, make([]byte, 32)); err != nil {
			t.Fatal(err)
		}
		id, setup := create(t, vault.Input{Kind: vault.Filesystem, Path: at})
		failed(t, h, h.Vaults.PerformSetup, setup, fail.ClassConfig, "occupied")
		if state(t, id) != vault.Failed {
			t.Error(state(t, id))
		}
	})
	t.Run("one that vanished is not made again", func(t *testing.T) {
		t.Parallel()
		at := filepath.Join(h.Root, "vanishing")
		id, setup := create(t, vault.Input{Kind: vault.Filesystem, Path: at})
		if err := h.Vaults.PerformSetup(t.Context(), setup); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(at); err != nil {
			t.Fatal(err)
		}
		failed(t, h, h.Vaults.PerformSetup, again(t, id), fail.ClassGone, "not_a_vault")
		if _, err := h.Vaults.Open(t.Context(), h.Actor.Workspace, id, true); fail.ClassOf(err) != fail.ClassGone {
			t.Error(err)
		}
	})
	for name, tt := range map[string]struct {
		fault drilltest.Fault
		class fail.Class
		key   string
	}{
		"a bucket that knows no such keys": {says(http.StatusForbidden, "InvalidAccessKeyId"), fail.ClassCredentials, "refused"},
		"a bucket that is not there":       {says(http.StatusNotFound, "NoSuchBucket"), fail.ClassGone, "bucket_gone"},
		"a bucket that may not be written": {puts(says(http.StatusForbidden, "AccessDenied")), fail.ClassCredentials, "denied"},
		"a bucket that is full":            {puts(says(http.StatusInsufficientStorage, "InsufficientStorage")), fail.ClassQuota, "full"},
		"a bucket that alters what it gets": {puts(func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("ETag", `"00000000000000000000000000000000"`)
			return true
		}), "", ""},
	} {
		if tt.key == "" {
			continue
		}
		t.Run(name+" is told at once", func(t *testing.T) {
			t.Parallel()
			b := drilltest.NewBucket(t)
			b.Disturb(tt.fault)
			id, setup := create(t, b.Vault("", ""))
			failed(t, h, h.Vaults.PerformSetup, setup, tt.class, tt.key)
			b.Disturb(nil)
			second := again(t, id)
			if err := h.Vaults.PerformSetup(t.Context(), second); err != nil || h.Done(second).Kind != task.VaultSetup || state(t, id) != vault.Ready {
				t.Errorf("after it is mended: %v %s", err, state(t, id))
			}
		})
	}
	t.Run("an unreachable bucket is tried again later", func(t *testing.T) {
		t.Parallel()
		in := vault.Input{Kind: vault.S3, Endpoint: "http://127.0.0.1:1", Bucket: "copies", AccessKey: "a", SecretKey: "b"}
		_, setup := create(t, in)
		if got := failed(t, h, h.Vaults.PerformSetup, setup, fail.ClassTransient, "unreachable"); got.State != task.Queued || got.RetryAt == nil {
			t.Errorf("%s, again at %v", got.State, got.RetryAt)
		}
	})
}

func says(status int, code string) drilltest.Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool { drilltest.Refuse(w, status, code); return true }
}

func puts(then drilltest.Fault) drilltest.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool { return r.Method == http.MethodPut && then(w, r) }
}
