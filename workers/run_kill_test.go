package workers_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/queue"
	"levqor/jobs/workflow/flow"
)

// receiver counts what arrives, by idempotency key.
type receiver struct {
	mu      sync.Mutex
	arrived map[string]int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	_, _ = io.Copy(io.Discard, request.Body)
	time.Sleep(rand.N(200 * time.Millisecond)) // a server that has something to do
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arrived[request.Header.Get("Idempotency-Key")]++
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"total": %d}`, len(r.arrived))
}

// threePosts is a workflow of three effects, each allowed for good.
func (h *house) threePosts(address string) uuid.UUID {
	h.t.Helper()
	d := flow.Definition{Trigger: flow.Trigger{Kind: "manual"}}
	for i := range 3 {
		d.Steps = append(d.Steps, flow.Step{ID: fmt.Sprintf("post%d", i), Kind: "http_request", Config: map[string]any{"method": "POST", "url": address, "body": "${trigger.n}"}})
	}
	id, err := h.Workflows.Create(h.t.Context(), h.actor, "Three posts "+uuid.NewString(), "", d)
	must(h.t, err)
	_, err = h.Workflows.Publish(h.t.Context(), h.actor, id, 1, "")
	must(h.t, err)
	must(h.t, h.DB.AsSystem(h.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		for _, s := range d.Steps {
			if _, err := tx.Exec(ctx, `INSERT INTO trusts (id, workspace_id, workflow_id, step_id, reach, granted_by, created_at) VALUES ($1, $2, $3, $4, $5, 'Olive', now())`,
				db.NewID(), h.actor.Workspace, id, s.ID, "POST "+address); err != nil {
				return err
			}
		}
		return nil
	}))
	return id
}

// TestRunsSurviveKilledWorkers is R1 in short: worker processes are killed while
// they advance runs of three effects each. No accepted run is lost, each effect is
// recorded once, none is delivered again except those that a killed worker had in
// its hands, and orphans are taken up within seconds.
func TestRunsSurviveKilledWorkers(t *testing.T) {
	t.Parallel()
	runs, kills := drilltest.Rounds(400, 10_000), drilltest.Rounds(3, 30)
	h := newHouse(t)
	outside := &receiver{arrived: map[string]int{}}
	server := httptest.NewServer(outside)
	defer server.Close()
	id := h.threePosts(server.URL)
	f := &fleet{house: h}
	f.start(2)
	var accepted sync.WaitGroup
	for worker := range 8 {
		accepted.Go(func() {
			for n := worker; n < runs; n += 8 {
				if _, err := h.Workflows.Start(t.Context(), h.actor, id, map[string]any{"n": n}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	over := func() int {
		return ask[int](h, `SELECT count(*)::int FROM runs WHERE state IN ('canceled', 'failed', 'succeeded')`)[0]
	}
	var longest time.Duration
	done := 0
	for ; done < kills; done++ {
		victim := rand.IntN(len(f.workers))
		pid := fmt.Sprintf("-%d-", f.workers[victim].cmd.Process.Pid)
		held := func() []uuid.UUID {
			return ask[uuid.UUID](h, `SELECT (args->>'id')::uuid FROM river_job
				WHERE kind = 'run' AND state = 'running' AND strpos(attempted_by[array_upper(attempted_by, 1)], $1) > 0`, pid)
		}
		if until(t.Context(), func(context.Context) (bool, error) { return len(held()) > 0 || over() == runs, nil }) != nil || over() == runs {
			break
		}
		time.Sleep(rand.N(300 * time.Millisecond)) // the random moment
		f.workers[victim].kill()
		died, orphans := time.Now(), held()
		f.workers[victim] = f.spawn()
		must(t, until(t.Context(), func(context.Context) (bool, error) {
			still := held()
			return !slices.ContainsFunc(orphans, func(o uuid.UUID) bool { return slices.Contains(still, o) }), nil
		}))
		if len(orphans) > 0 {
			longest = max(longest, time.Since(died))
		}
	}
	accepted.Wait()
	for n := over(); n < runs; n = over() { // as long as it goes on, however slow the machine is
		must(t, until(t.Context(), func(context.Context) (bool, error) { return over() > n, nil }))
	}
	f.stop()
	if states := ask[string](h, `SELECT DISTINCT state FROM runs`); !slices.Equal(states, []string{"succeeded"}) {
		t.Errorf("runs ended as %v", states)
	}
	if n := ask[int](h, `SELECT count(*)::int FROM runs`)[0]; n != runs {
		t.Errorf("%d runs of %d accepted", n, runs)
	}
	if n := ask[int](h, `SELECT count(*)::int FROM run_steps WHERE state = 'succeeded'`)[0]; n != 3*runs {
		t.Errorf("%d effects recorded, want %d", n, 3*runs)
	}
	again := 0
	for _, times := range outside.arrived {
		again += times - 1
	}
	if len(outside.arrived) != 3*runs || again > done*(queue.AllQueues()[queue.Steps]+queue.AllQueues()[queue.Bulk]) {
		t.Errorf("%d effects arrived, %d of them again", len(outside.arrived), again)
	}
	if lanes := ask[int](h, `SELECT in_flight + held FROM run_lanes`); !slices.Equal(lanes, []int{0}) {
		t.Errorf("the lane holds %v", lanes)
	}
	t.Logf("%d runs, %d kills, %d deliveries again, orphans taken up within %s", runs, done, again, longest)
}
