package backup_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

// kept is what the plan's vault holds of it, and how many snapshots are listed.
func kept(t *testing.T, h *drilltest.House, plan uuid.UUID) (manifests []string, listed int) {
	t.Helper()
	var vault uuid.UUID
	h.Row(`SELECT vault_id FROM plans WHERE id = $1`, plan).To(&vault)
	h.Row(`SELECT count(*) FROM snapshots WHERE plan_id = $1 AND state = 'good'`, plan).To(&listed)
	repo, err := h.Vaults.Open(t.Context(), h.Actor.Workspace, vault, true)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close(context.WithoutCancel(t.Context()))
	all, err := repo.Snapshots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range all {
		if k.Complete {
			manifests = append(manifests, k.ID)
		}
	}
	return manifests, listed
}

func start(t *testing.T, h *drilltest.House, plan uuid.UUID) uuid.UUID {
	t.Helper()
	id, err := h.Backups.Start(t.Context(), h.Actor, plan)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// fails does the backup, which must end, or wait for its next try, so.
func fails(t *testing.T, h *drilltest.House, perform func(context.Context, uuid.UUID) error, id uuid.UUID, state task.State, class fail.Class, key string) {
	t.Helper()
	err := perform(t.Context(), id)
	if _, later := errors.AsType[*queue.RetryLater](err); err != nil && !later {
		t.Fatal(err)
	}
	if got := h.Task(id); got.State != state || got.FailureClass != class || got.FailureKey != key {
		t.Fatalf("%s %s %s %v, want %s %s %s", got.State, got.FailureClass, got.FailureKey, got.FailureArgs, state, class, key)
	}
}

func folderSource(t *testing.T, h *drilltest.House, name string) (id uuid.UUID, dir string) {
	t.Helper()
	dir = filepath.Join(h.Root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte(name), 0o644); err != nil {
		t.Fatal(err)
	}
	return h.Source(name, source.Config{Folder: &folder.Config{Path: dir}}, ""), dir
}

func TestWhoMayBackUp(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	id, _ := folderSource(t, h, "docs")
	plan := h.Plan(id)
	viewer := h.Actor
	viewer.Role = account.RoleViewer
	if _, err := h.Backups.Start(t.Context(), viewer, plan); !fail.Is(err, fail.Forbidden) {
		t.Errorf("a viewer: %v", err)
	}
	if _, err := h.Backups.Start(t.Context(), dbtest.Workspace(t, h.DB), plan); !fail.Is(err, fail.NotFound) {
		t.Errorf("another workspace: %v", err)
	}
	start(t, h, plan)
	if _, err := h.Backups.Start(t.Context(), h.Actor, plan); !fail.Is(err, fail.Conflict) {
		t.Errorf("a second one meanwhile: %v", err)
	}
}

func TestABackupThatWasKilledBeforeItsCommit(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	src, _ := folderSource(t, h, "docs")
	plan := h.Plan(src)
	_, first := h.Backup(plan)
	// What a worker leaves that dies between its last write and its commit.
	var vault uuid.UUID
	h.Row(`SELECT vault_id FROM plans WHERE id = $1`, plan).To(&vault)
	repo, err := h.Vaults.Open(t.Context(), h.Actor.Workspace, vault, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = repo.Write(t.Context(), kopia.Snapshot{Source: "plan-" + plan.String(), Start: time.Now()}, nil, func(ctx context.Context, w *kopia.Writer) error {
		_, err := w.Stream(ctx, "file", time.Now(), strings.NewReader("orphan"))
		return err
	})
	if err := errors.Join(err, repo.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	id := start(t, h, plan)
	h.Exec(`UPDATE tasks SET state = 'running', epoch = 1, attempt = 1 WHERE id = $1`, id) // its job is put back
	second := h.Perform(id)
	if manifests, listed := kept(t, h, plan); len(manifests) != 3 || listed != 3 || first == second {
		t.Errorf("the vault holds %v, listed are %d", manifests, listed)
	}
	var adopted, told int
	h.Row(`SELECT count(*) FROM snapshots WHERE plan_id = $1 AND adopted_at IS NOT NULL AND state = 'good'`, plan).To(&adopted)
	h.Row(`SELECT count(*) FROM audit_events WHERE action = 'snapshot.adopted'`).To(&told)
	if adopted != 1 || told != 1 {
		t.Errorf("%d adopted, %d told in the audit log", adopted, told)
	}
	t.Run("a third claim finds nothing to do", func(t *testing.T) {
		if err := h.Backups.Perform(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if manifests, listed := kept(t, h, plan); len(manifests) != 3 || listed != 3 {
			t.Errorf("the vault holds %v, listed are %d", manifests, listed)
		}
	})
}

func TestASourceThatIsDeletedMidway(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	b := drilltest.NewBucket(t)
	b.Put(t, "slow", "never arrives")
	src := h.Source("bucket", source.Config{Bucket: b.Source("")}, "secret")
	plan := h.Plan(src)
	reading := make(chan struct{})
	var once atomic.Bool
	b.Disturb(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/slow") {
			return false
		}
		if once.CompareAndSwap(false, true) {
			close(reading)
		}
		<-r.Context().Done()
		return true
	})
	id, done := start(t, h, plan), make(chan error, 1)
	go func() { done <- h.Backups.Perform(t.Context(), id) }()
	<-reading
	if err := h.Sources.Delete(t.Context(), h.Actor, src); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := h.Task(id); got.State != task.Failed || got.FailureClass != fail.ClassGone || got.FailureKey != "source.fail.deleted" {
		t.Errorf("%s %s %s", got.State, got.FailureClass, got.FailureKey)
	}
	if manifests, listed := kept(t, h, plan); len(manifests) != 0 || listed != 0 {
		t.Errorf("the vault holds %v, listed are %d", manifests, listed)
	}
}

// Levqor's own database is brought back from before the newest copies were taken.
func TestCopiesThatAnOlderDatabaseDoesNotKnow(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	src, _ := folderSource(t, h, "docs")
	plan := h.Plan(src)
	var lost []uuid.UUID
	for range 3 {
		_, snapshot := h.Backup(plan)
		lost = append(lost, snapshot)
	}
	type facts struct {
		manifest, truth string
		files, bytes    int64
		taken           time.Time
	}
	of := func() (all []facts) {
		for i := range 3 {
			var f facts
			h.Row(`SELECT manifest_id, (truth #- '{tree,since}' #- '{tree,skipped}')::text, files, bytes, taken_at FROM snapshots WHERE plan_id = $1 ORDER BY taken_at LIMIT 1 OFFSET $2`, plan, i).
				To(&f.manifest, &f.truth, &f.files, &f.bytes, &f.taken)
			f.taken = f.taken.Truncate(time.Millisecond)
			all = append(all, f)
		}
		return all
	}
	before := of()
	h.Exec(`UPDATE backups SET snapshot_id = NULL`)
	h.Exec(`DELETE FROM snapshots WHERE id = ANY($1)`, lost)
	_, next := h.Backup(plan)
	if err := h.Backups.Expire(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if manifests, listed := kept(t, h, plan); len(manifests) != 4 || listed != 4 {
		t.Fatalf("the vault holds %v, listed are %d", manifests, listed)
	}
	for i, f := range of() {
		if f != before[i] {
			t.Errorf("adopted as %+v, it was %+v", f, before[i])
		}
	}
	_ = next
}
