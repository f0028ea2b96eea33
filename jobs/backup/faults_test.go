package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"levqor/jobs/backup"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

// A source that fails is a failed backup that says why, and never a small one.
func TestASourceThatFails(t *testing.T) {
	t.Parallel()
	t.Run("a folder that is not there any more", func(t *testing.T) {
		t.Parallel()
		h := drilltest.NewHouse(t)
		src, dir := folderSource(t, h, "docs")
		plan := h.Plan(src)
		h.Backup(plan)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		fails(t, h, h.Backups.Perform, start(t, h, plan), task.Failed, fail.ClassGone, "source.fail.folder_gone")
		if manifests, listed := kept(t, h, plan); len(manifests) != 1 || listed != 1 {
			t.Errorf("the vault holds %v, listed are %d", manifests, listed)
		}
	})
	t.Run("a folder that became a link out of the allowed ones", func(t *testing.T) {
		t.Parallel()
		h := drilltest.NewHouse(t)
		src, dir := folderSource(t, h, "docs")
		plan := h.Plan(src)
		if err := errors.Join(os.RemoveAll(dir), os.Symlink("/etc", dir)); err != nil {
			t.Fatal(err)
		}
		fails(t, h, h.Backups.Perform, start(t, h, plan), task.Failed, fail.ClassConfig, "folder.fail.outside")
	})
	for name, tt := range map[string]struct {
		fault drilltest.Fault
		state task.State
		class fail.Class
		key   string
	}{
		"a bucket that is gone":              {refuses(http.StatusNotFound, "NoSuchBucket"), task.Failed, fail.ClassGone, "source.fail.bucket_gone"},
		"a bucket that does not let us in":   {refuses(http.StatusForbidden, "AccessDenied"), task.Failed, fail.ClassCredentials, "source.fail.bucket_denied"},
		"a bucket that knows no such keys":   {refuses(http.StatusForbidden, "SignatureDoesNotMatch"), task.Failed, fail.ClassCredentials, "source.fail.bucket_keys"},
		"a bucket in trouble":                {refuses(http.StatusServiceUnavailable, "SlowDown"), task.Queued, fail.ClassTransient, "source.fail.bucket_busy"},
		"objects that break off half-way":    {cutOff, task.Queued, fail.ClassTransient, "vault.fail.length"},
		"a bucket that never answers":        {drilltest.Silent, task.Queued, fail.ClassTransient, "source.fail.no_answer"},
		"objects that stop half-way":         {stops, task.Queued, fail.ClassTransient, "source.fail.object_broke_off"},
		"objects that change while we read":  {objects(refuses(http.StatusPreconditionFailed, "PreconditionFailed")), task.Queued, fail.ClassTransient, "source.fail.object_changed"},
		"objects that lie in cold storage":   {objects(refuses(http.StatusForbidden, "InvalidObjectState")), task.Failed, fail.ClassConfig, "source.fail.object_archived"},
		"objects that only some keys unlock": {objects(refuses(http.StatusForbidden, "AccessDenied")), task.Failed, fail.ClassCredentials, "source.fail.object_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := drilltest.NewHouse(t).Impatient(silence)
			b := drilltest.NewBucket(t)
			for i := range 5 {
				b.Put(t, fmt.Sprint("in/", i), strings.Repeat("data ", 20_000))
			}
			plan := h.Plan(h.Source("bucket", source.Config{Bucket: b.Source("in/")}, "secret"))
			b.Disturb(tt.fault)
			id := start(t, h, plan)
			fails(t, h, h.Backups.Perform, id, tt.state, tt.class, tt.key)
			if manifests, listed := kept(t, h, plan); len(manifests) != 0 || listed != 0 {
				t.Errorf("the vault holds %v, listed are %d", manifests, listed)
			}
			b.Disturb(nil)
			if tt.state == task.Failed {
				id = start(t, h, plan)
			}
			h.Perform(id)
			if manifests, listed := kept(t, h, plan); len(manifests) != 1 || listed != 1 {
				t.Errorf("once it is mended the vault holds %v, listed are %d", manifests, listed)
			}
		})
	}
	t.Run("a server whose programs are missing here", func(t *testing.T) {
		t.Parallel()
		h := drilltest.NewHouse(t)
		_, config, password := drilltest.Shop(t, "shop_tools", 10)
		plan := h.Plan(h.Source("shop", source.Config{Postgres: &config}, password))
		without := h.Options
		without.PostgresBin = t.TempDir()
		sources := source.New(h.DB, h.Queue, h.Clock, h.Box, h.Runner, without)
		backups := backup.New(h.DB, h.Queue, h.Clock, h.Runner, sources, h.Vaults, backup.Options{})
		fails(t, h, backups.Perform, start(t, h, plan), task.Failed, fail.ClassConfig, "postgres.fail.no_tools")
	})
	t.Run("one that keeps failing ends", func(t *testing.T) {
		t.Parallel()
		h := drilltest.NewHouse(t)
		b := drilltest.NewBucket(t)
		b.Put(t, "a", strings.Repeat("data ", 20_000))
		plan := h.Plan(h.Source("bucket", source.Config{Bucket: b.Source("")}, "secret"))
		b.Disturb(cutOff)
		id := start(t, h, plan)
		for range task.MaxAttempts - 1 {
			fails(t, h, h.Backups.Perform, id, task.Queued, fail.ClassTransient, "vault.fail.length")
		}
		fails(t, h, h.Backups.Perform, id, task.Failed, fail.ClassTransient, "vault.fail.length")
	})
}

func refuses(status int, code string) drilltest.Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool { drilltest.Refuse(w, status, code); return true }
}

// objects spoils only what is read of objects, not the listing.
func objects(then drilltest.Fault) drilltest.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodGet && r.URL.Query().Get("list-type") == "" && strings.Contains(r.URL.Path, "/in/") && then(w, r)
	}
}

// silence is how long a bucket of these tests may say nothing.
const silence = 3 * time.Second

// stops promises more of an object than it sends, and holds the line.
func stops(w http.ResponseWriter, r *http.Request) bool {
	if !cutOff(w, r) {
		return false
	}
	_ = http.NewResponseController(w).Flush()
	return drilltest.Silent(w, r)
}

// cutOff promises more of an object than it sends.
func cutOff(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet || r.URL.Query().Get("list-type") != "" {
		return false
	}
	w.Header().Set("Content-Length", "100000")
	w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte("data "))
	return true
}

// TestBucketsWithFaults is R6 in short: from a bucket into a bucket, while each
// answers badly or not at all now and then, every backup succeeds and holds what
// it should.
func TestBucketsWithFaults(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t).Impatient(silence)
	from, into := drilltest.NewBucket(t), drilltest.NewBucket(t)
	for i := range 30 {
		from.Put(t, fmt.Sprintf("in/%02d", i), strings.Repeat(fmt.Sprint("object ", i, " "), 3000))
	}
	vault, setup, err := h.Vaults.Create(t.Context(), h.Actor, into.Vault("bucket", "vault"))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Vaults.PerformSetup(t.Context(), setup); err != nil {
		t.Fatal(err)
	}
	plan := h.PlanInto(vault, h.Source("bucket", source.Config{Bucket: from.Source("in/")}, "secret"))
	var faults atomic.Int64
	for _, b := range []*drilltest.Bucket{from, into} {
		b.Disturb(func(w http.ResponseWriter, r *http.Request) bool {
			switch rand.IntN(20) {
			case 0:
				drilltest.Refuse(w, http.StatusServiceUnavailable, "SlowDown")
			case 1:
				drilltest.Refuse(w, http.StatusInternalServerError, "InternalError")
			case 2:
				panic(http.ErrAbortHandler) // a reset
			case 3:
				drilltest.Silent(w, r)
			default:
				return false
			}
			faults.Add(1)
			return true
		})
	}
	rounds := drilltest.Rounds(3, 100)
	for i := range rounds {
		from.Put(t, "in/new", fmt.Sprint("round ", i))
		id := start(t, h, plan)
		for h.Task(id).State == task.Queued { // what fails for a passing reason is tried again
			err := h.Backups.Perform(t.Context(), id)
			if _, later := errors.AsType[*queue.RetryLater](err); err != nil && !later {
				t.Fatal(err)
			}
		}
		h.Done(id)
	}
	t.Logf("%d faults", faults.Load())
	from.Disturb(nil)
	into.Disturb(nil)
	manifests, listed := kept(t, h, plan)
	if len(manifests) != rounds || listed != rounds {
		t.Errorf("the vault holds %d snapshots, listed are %d", len(manifests), listed)
	}
	repo, err := h.Vaults.Open(t.Context(), h.Actor.Workspace, vault, true)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close(context.WithoutCancel(t.Context()))
	for i, manifest := range manifests {
		out := t.TempDir()
		if _, err := repo.RestoreTo(t.Context(), manifest, out, kopia.RestoreOptions{}, nil); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"new": fmt.Sprint("round ", i), "07": strings.Repeat("object 7 ", 3000)} {
			if got, err := os.ReadFile(filepath.Join(out, name)); err != nil || string(got) != want {
				t.Errorf("%s of round %d: %d bytes, %v", name, i, len(got), err)
			}
		}
	}
}

func TestAVaultThatFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault drilltest.Fault
		state task.State
		class fail.Class
		key   string
	}{
		"full":                  {puts(refuses(http.StatusInsufficientStorage, "InsufficientStorage")), task.Failed, fail.ClassQuota, "full"},
		"read-only":             {puts(refuses(http.StatusForbidden, "AccessDenied")), task.Failed, fail.ClassCredentials, "denied"},
		"unreachable":           {refuses(http.StatusServiceUnavailable, "SlowDown"), task.Queued, fail.ClassTransient, "unreachable"},
		"that never answers":    {drilltest.Silent, task.Queued, fail.ClassTransient, "unreachable"},
		"of keys that changed":  {refuses(http.StatusForbidden, "InvalidAccessKeyId"), task.Failed, fail.ClassCredentials, "refused"},
		"in a deleted bucket":   {refuses(http.StatusNotFound, "NoSuchBucket"), task.Failed, fail.ClassGone, "bucket_gone"},
		"in an emptied bucket":  {refuses(http.StatusNotFound, "NoSuchKey"), task.Failed, fail.ClassGone, "not_a_vault"},
		"that no clock matches": {refuses(http.StatusForbidden, "RequestTimeTooSkewed"), task.Failed, fail.ClassConfig, "clock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := drilltest.NewHouse(t).Impatient(silence)
			b := drilltest.NewBucket(t)
			vault, setup, err := h.Vaults.Create(t.Context(), h.Actor, b.Vault("bucket", ""))
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Vaults.PerformSetup(t.Context(), setup); err != nil {
				t.Fatal(err)
			}
			src, dir := folderSource(t, h, "docs")
			plan := h.PlanInto(vault, src)
			_, first := h.Backup(plan)
			if err := os.WriteFile(filepath.Join(dir, "new"), bytes.Repeat([]byte("new "), 1000), 0o644); err != nil {
				t.Fatal(err)
			}
			b.Disturb(tt.fault)
			id := start(t, h, plan)
			fails(t, h, h.Backups.Perform, id, tt.state, tt.class, "vault.fail."+tt.key)
			b.Disturb(nil)
			if manifests, listed := kept(t, h, plan); len(manifests) != 1 || listed != 1 {
				t.Fatalf("the vault holds %v, listed are %d", manifests, listed)
			}
			file, err := h.Backups.OpenFile(t.Context(), h.Actor, first, "file")
			if err != nil {
				t.Fatalf("the snapshot of before: %v", err)
			}
			if got, err := io.ReadAll(file); err != nil || string(got) != "docs" {
				t.Fatalf("the snapshot of before holds %q, %v", got, err)
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			if tt.state == task.Failed {
				id = start(t, h, plan)
			}
			h.Perform(id)
		})
	}
}

func puts(then drilltest.Fault) drilltest.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool { return r.Method == http.MethodPut && then(w, r) }
}
