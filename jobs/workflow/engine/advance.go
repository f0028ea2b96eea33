package engine

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// One job's share of a run, before it makes room for others.
const (
	budgetEffects = 50
	budgetTime    = 20 * time.Second
	flushRows     = 500
	// MaxRunSteps bounds a run, loops within loops included.
	MaxRunSteps = 50_000
)

// status is how far a part of the flow got.
type status int

const (
	done    status = iota
	blocked        // it waits
	yielded        // its share is used up: it goes on in another job
	failed
	ended  // a stop step ended the run
	fenced // another job has the run
)

// result of a part of the flow; failure with failed, and with an ended run that
// was stopped as failed.
type result struct {
	status  status
	failure *Failure
}

// advance is one job's work on a run.
type advance struct {
	*Engine
	run     claimed
	program *Program
	until   time.Time
	worked  time.Time

	mu      sync.Mutex // the lanes of a fork share what follows
	rows    map[string]row
	waits   map[string]wait
	tried   map[string]int  // the last earlier take in which a step failed
	begun   map[string]bool // prefixes of loop iterations that have history
	fresh   []row           // not committed yet
	opened  []wait          // not committed yet
	effects int
	steps   int
	held    int // bytes of the outputs in rows
	fenced  bool
	reply   any

	trusted map[trust]bool // nil: not read yet

	interruption error // why the run must be advanced again
}

// vars is what expressions read at one point of the flow.
type vars struct {
	prefix string
	steps  map[string]any
	inLoop bool
	item   any
	index  float64
	err    any
}

func (v vars) fork() vars {
	v.steps = maps.Clone(v.steps)
	return v
}

func (a *advance) names(v vars) map[string]any {
	names := map[string]any{
		expr.NameTrigger: a.run.Input, expr.NameSteps: v.steps, expr.NameError: v.err, expr.NameNow: a.clock.Now(),
		expr.NameRun: map[string]any{
			"id": a.run.ID.String(), "number": float64(a.run.Number), "workflow": a.run.Workflow.String(),
			"started_at": a.run.StartedAt.UTC().Format(time.RFC3339Nano),
		},
	}
	if v.inLoop {
		names[expr.NameItem], names[expr.NameIndex] = v.item, v.index
	}
	return names
}

func (a *advance) list(ctx context.Context, nodes []*node, v vars) result {
	for _, n := range nodes {
		if r := a.node(ctx, n, v); r.status != done {
			return r
		}
	}
	return result{}
}

// node goes through one step: again, when it was finished before.
func (a *advance) node(ctx context.Context, n *node, v vars) result {
	key := v.prefix + n.step.ID
	if r, ok := a.finished(key); ok {
		return a.again(ctx, n, v, r)
	}
	if r := a.mayGoOn(ctx); r.status != done {
		return r
	}
	if n.spec.Mode == step.Logic {
		return a.steer(ctx, n, v, key)
	}
	return a.work(ctx, n, v, key)
}

func (a *advance) finished(key string) (row, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.rows[key]
	return r, ok
}

// mayGoOn looks at what ends a job's share, and at what ends the run.
func (a *advance) mayGoOn(ctx context.Context) result {
	a.mu.Lock()
	steps, full, isFenced := a.run.StepsDone+a.steps, len(a.fresh) >= flushRows, a.fenced
	held := a.held
	spent := a.effects >= budgetEffects || time.Now().After(a.until)
	a.mu.Unlock()
	switch {
	case isFenced:
		return result{status: fenced}
	case ctx.Err() != nil, spent, a.shift.ends():
		return result{status: yielded}
	case steps >= MaxRunSteps:
		return result{failed, &Failure{Class: fail.ClassQuota, Key: "workflow.fail.too_many_steps_run", Args: map[string]any{"max": MaxRunSteps}}}
	case held > MaxOutputs:
		return result{failed, &Failure{Class: fail.ClassQuota, Key: "workflow.fail.outputs_large", Args: map[string]any{"max": MaxOutputs >> 20}}}
	case full:
		return a.flush(ctx)
	default:
		return result{}
	}
}

// again takes a finished step for what it left, and goes on inside it.
func (a *advance) again(ctx context.Context, n *node, v vars, r row) result {
	switch r.State {
	case rowFailed:
		return result{failed, r.Failure}
	case rowCaught:
		return a.afterCaught(ctx, n, v, r.Failure)
	}
	v.steps[n.step.ID] = r.Output
	switch {
	case n.spec.Shape == step.Cases, n.spec.Shape == step.YesNo:
		return a.chosen(ctx, n, v, r.Output)
	case n.spec.Kind == step.Parallel:
		return a.merge(n, v, func(i int, inner vars) result { return a.list(ctx, n.lanes[i].steps, inner) })
	case n.spec.Kind == step.StopRun:
		return a.stopped(r.Output, v.prefix+n.step.ID)
	default:
		return result{}
	}
}

// failing records a step's failure and does what its policy says.
func (a *advance) failing(ctx context.Context, n *node, v vars, r row, failure *Failure) result {
	if failure.Step == "" {
		failure.Step = r.Key
	}
	r.Failure, r.State = failure, rowFailed
	if n.step.OnError != flow.Stop {
		r.State = rowCaught
	}
	a.record(r)
	if r.State == rowFailed {
		return result{failed, failure}
	}
	return a.afterCaught(ctx, n, v, failure)
}

func (a *advance) afterCaught(ctx context.Context, n *node, v vars, failure *Failure) result {
	v.steps[n.step.ID] = map[string]any{"error": failure.seen()}
	if n.step.OnError != flow.Branches {
		return result{}
	}
	v.err = failure.seen()
	return a.list(ctx, n.rescue, v)
}

// record keeps a finished step for the next commit.
func (a *advance) record(r row) {
	r.Take = a.run.Take
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rows[r.Key] = r
	a.held += weight(r.Output)
	a.fresh = append(a.fresh, r)
	a.steps++
}

func (a *advance) beginIteration(prefix string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begun[prefix] = true
}

func (a *advance) hasBegun(prefix string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.begun[prefix]
}

// noteBegun remembers which loop iterations a key lies in.
func (a *advance) noteBegun(key string) {
	for i := strings.IndexByte(key, '/'); i >= 0 && i < len(key); {
		a.begun[key[:i+1]] = true
		next := strings.IndexByte(key[i+1:], '/')
		if next < 0 {
			return
		}
		i += 1 + next
	}
}

// flush commits what is done so far.
func (a *advance) flush(ctx context.Context) result {
	if err := a.commit(ctx, change{}); err != nil {
		return a.interrupted(ctx, err)
	}
	return result{}
}

// interrupted: what could not be committed is not known to be done.
func (a *advance) interrupted(ctx context.Context, err error) result {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !isFenced(err) && a.interruption == nil {
		a.log.WarnContext(ctx, "run interrupted", slog.String("run", a.run.ID.String()), slog.Any("error", err))
		a.interruption = err
	}
	a.fenced = true
	return result{status: fenced}
}
