package workers_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// TestKilledWorkers is R4 in short: worker processes are killed at random moments
// while they back up folders and a database. No accepted backup is lost, another
// worker takes each up within seconds, every snapshot listed can be read to the
// last byte and restores, and nothing is left in temporary space.
func TestKilledWorkers(t *testing.T) {
	t.Parallel()
	kills := drilltest.Rounds(6, 100)
	h := newHouse(t)
	f := &fleet{house: h}
	f.start(2)
	into := h.vault(vault.Input{Kind: vault.Filesystem})
	sources := []source.Input{h.folder("small-files", 400, 16<<10), h.folder("large-files", 4, 3<<20)}
	shop, customers := h.shop("shop_killed", 60_000)
	sources = append(sources, shop)
	plans := make([]uuid.UUID, len(sources))
	for i, in := range sources {
		plans[i] = h.plan(into, in)
	}
	var enough atomic.Bool
	ended := make([]int, len(plans))
	busy, ctx := errgroup.WithContext(t.Context())
	for i, plan := range plans {
		busy.Go(func() (err error) {
			for round := 0; err == nil && (round == 0 || !enough.Load()); round++ {
				ended[i]++
				if sources[i].Config.Folder != nil { // what is unchanged takes no time
					err = fill(sources[i].Config.Folder.Path, 4, 1<<20)
				}
				err = errors.Join(err, h.backedUp(ctx, plan))
			}
			return err
		})
	}
	resumed, err := f.killAtRandom(ctx, kills)
	enough.Store(true)
	must(t, busy.Wait()) // why a backup failed says more than that the killing ended
	must(t, err)
	slices.Sort(resumed)
	t.Logf("%d kills hit %d tasks at work, resumed after %s at most; %v backups ended", kills, len(resumed), last(resumed), ended)
	if n := len(resumed); n > 0 && drilltest.Rounds(0, 1) == 1 && resumed[n-1] > 10*time.Second {
		t.Errorf("one was taken up after %s", resumed[n-1])
	}

	// One more of each clears up after the last killed ones.
	for _, plan := range plans {
		if err := h.backedUp(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
	}
	h.settle()
	h.everySnapshotRestores(into)
	h.everyProofPasses(plans)
	f.stop()
	for _, space := range []string{"scratch", "temp"} {
		if left, err := filepath.Glob(filepath.Join(h.Config.DataDir, space, "*")); err != nil || len(left) > 0 {
			t.Errorf("%s holds %v %v", space, left, err)
		}
	}
	must(t, until(t.Context(), func(context.Context) (bool, error) {
		return drilltest.Ask[int](t, customers, "postgres", `SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop_killed'`) == 0, nil
	}))
}

func last(of []time.Duration) time.Duration {
	if len(of) == 0 {
		return 0
	}
	return of[len(of)-1]
}

// backedUp backs the plan up; killed workers must not show.
func (h *house) backedUp(ctx context.Context, plan uuid.UUID) error {
	id, err := h.Backups.Start(ctx, h.actor, plan)
	if err != nil {
		return err
	}
	found, err := h.over(id)
	if err == nil && found.State != task.Succeeded {
		err = fmt.Errorf("backup of %s %s after %d attempts: %s %v", found.SubjectName, found.State, found.Attempt, found.FailureKey, found.FailureArgs)
	}
	return err
}

// fleet is worker processes of which some are killed.
type fleet struct {
	*house
	workers []*worker
}

func (f *fleet) start(n int) {
	f.t.Helper()
	for range n {
		f.workers = append(f.workers, f.spawn())
	}
}

func (f *fleet) stop() {
	for _, w := range f.workers {
		w.stop()
	}
}

// killAtRandom kills so many workers, each while it is at work, and replaces it. Who
// holds a backup that gives up at the next kill is spared. It returns how long it took
// until another worker had each task of theirs.
func (f *fleet) killAtRandom(ctx context.Context, kills int) ([]time.Duration, error) {
	f.t.Helper()
	var mu sync.Mutex
	var resumed []time.Duration
	var waiting errgroup.Group
	for killed := 0; killed < kills; {
		victim := rand.IntN(len(f.workers))
		pid := fmt.Sprintf("-%d-", f.workers[victim].cmd.Process.Pid)
		if err := until(ctx, func(context.Context) (bool, error) { return len(f.held(pid)) > 0, nil }); err != nil {
			return nil, errors.Join(err, waiting.Wait())
		}
		time.Sleep(rand.N(1500 * time.Millisecond)) // the random moment
		if f.lastTry(pid) {
			continue
		}
		f.workers[victim].kill()
		killed++
		died, orphans := time.Now(), f.held(pid)
		f.workers[victim] = f.spawn()
		for _, o := range orphans {
			waiting.Go(func() error {
				err := until(ctx, func(ctx context.Context) (bool, error) {
					now, err := task.ByID(ctx, f.DB, o)
					return now.State.Final() || !strings.Contains(f.holder(o), pid), err
				})
				mu.Lock()
				defer mu.Unlock()
				resumed = append(resumed, time.Since(died))
				return err
			})
		}
	}
	return resumed, waiting.Wait()
}

// held is the running backups of the worker with that pid in its name.
func (f *fleet) held(pid string) []uuid.UUID {
	return ask[uuid.UUID](f.house, `SELECT (args->>'id')::uuid FROM river_job
		WHERE kind = 'backup' AND state = 'running' AND strpos(attempted_by[array_upper(attempted_by, 1)], $1) > 0`, pid)
}

// lastTry reports whether the worker has a backup that may not be killed once more.
func (f *fleet) lastTry(pid string) bool {
	return ask[bool](f.house, `SELECT EXISTS (SELECT FROM river_job j JOIN tasks t ON t.id = (j.args->>'id')::uuid
		WHERE j.kind = 'backup' AND j.state = 'running' AND t.attempt >= $2 AND strpos(j.attempted_by[array_upper(j.attempted_by, 1)], $1) > 0)`, pid, task.MaxAttempts)[0]
}

// holder is the worker that last took the task's job up.
func (f *fleet) holder(id uuid.UUID) string {
	return strings.Join(ask[string](f.house, `SELECT attempted_by[array_upper(attempted_by, 1)] FROM river_job WHERE kind = 'backup' AND args->>'id' = $1`, id.String()), " ")
}

// everySnapshotRestores reads all of each snapshot that is listed, and finds
// nothing in the vault that no row knows.
func (h *house) everySnapshotRestores(id uuid.UUID) {
	h.t.Helper()
	repo, err := h.Vaults.Open(h.t.Context(), h.actor.Workspace, id, true)
	must(h.t, err)
	defer repo.Close(context.WithoutCancel(h.t.Context()))
	listed := ask[string](h, `SELECT manifest_id FROM snapshots WHERE vault_id = $1 AND state = 'good'`, id)
	for _, manifest := range listed {
		damage, err := repo.VerifySnapshot(h.t.Context(), manifest, 100, nil)
		if err != nil || len(damage) > 0 {
			h.t.Errorf("snapshot %s: %v %v", manifest, damage, err)
		}
	}
	kept, err := repo.Snapshots(h.t.Context())
	must(h.t, err)
	for _, k := range kept {
		if k.Complete && !slices.Contains(listed, k.ID) {
			h.t.Errorf("the vault holds %s of %s, which is not listed", k.ID, k.Source)
		}
	}
	if damage, err := repo.VerifyContents(h.t.Context(), 100, nil); err != nil || len(damage) > 0 {
		h.t.Errorf("the vault: %v %v", damage, err)
	}
}

// everyProofPasses restores each plan's newest snapshot and compares it with what
// was recorded while the source was read.
func (h *house) everyProofPasses(plans []uuid.UUID) {
	h.t.Helper()
	for _, plan := range plans {
		id, err := h.Drills.Start(h.t.Context(), h.actor, plan)
		must(h.t, err)
		h.done(id)
		if passed := ask[bool](h, `SELECT passed FROM drills WHERE id = $1`, id); !slices.Equal(passed, []bool{true}) {
			h.t.Errorf("the proof of plan %s: passed %v", plan, passed)
		}
	}
}
