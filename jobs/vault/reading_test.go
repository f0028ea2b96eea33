package vault_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/vault/kopia"
)

func TestReaders(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	id := h.Vault()
	read := func(ctx context.Context) *kopia.Repository {
		t.Helper()
		repo, release, err := h.Vaults.Reading(ctx, h.Actor.Workspace, id)
		if err != nil {
			t.Error(err)
			return nil
		}
		defer release()
		if _, err := repo.Snapshots(ctx); err != nil {
			t.Error(err)
		}
		return repo
	}
	ctx, leave := context.WithCancel(t.Context())
	first := read(ctx)
	leave()
	t.Run("readers at the same time share one that is open, also after the first of them left", func(t *testing.T) {
		var readers sync.WaitGroup
		for range 8 {
			readers.Go(func() {
				if got := read(t.Context()); got != first {
					t.Error("another one was opened")
				}
			})
		}
		readers.Wait()
	})
	t.Run("a vault that was changed is opened anew", func(t *testing.T) {
		h.Exec(`UPDATE vaults SET revision = revision + 1 WHERE id = $1`, id)
		if read(t.Context()) == first {
			t.Error("the old one is still lent")
		}
	})
	t.Run("another workspace's is not lent, however open it is", func(t *testing.T) {
		stranger := dbtest.Workspace(t, h.DB)
		if _, _, err := h.Vaults.Reading(t.Context(), stranger.Workspace, id); fail.ClassOf(err) != fail.ClassGone {
			t.Error(err)
		}
	})
	t.Run("one that can't be opened is tried anew by the next reader", func(t *testing.T) {
		sealed := uuid.NewString()
		h.Exec(`UPDATE vaults SET revision = revision + 1, sealed_key = $2::bytea WHERE id = $1`, id, sealed)
		for range 2 {
			if _, _, err := h.Vaults.Reading(t.Context(), h.Actor.Workspace, id); fail.ClassOf(err) != fail.ClassConfig {
				t.Error(err)
			}
		}
	})
	t.Run("a deleted one is not lent", func(t *testing.T) {
		h.Exec(`UPDATE vaults SET deleted_at = now() WHERE id = $1`, id)
		if _, _, err := h.Vaults.Reading(t.Context(), h.Actor.Workspace, id); fail.ClassOf(err) != fail.ClassGone {
			t.Error(err)
		}
	})
}
