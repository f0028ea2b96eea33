package engine

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/step"
)

// steer does the engine's own kinds.
func (a *advance) steer(ctx context.Context, n *node, v vars, key string) result {
	r := a.start(n, key)
	switch n.spec.Kind {
	case step.Condition:
		yes, err := n.exprs["when"].Bool(ctx, a.names(v))
		if err != nil {
			return a.failing(ctx, n, v, a.stop(r), failureOf(key, err))
		}
		branch := "no"
		if yes {
			branch = "yes"
		}
		return a.choose(ctx, n, v, r, map[string]any{"result": yes, "branch": branch})
	case step.Switch:
		branch, err := a.pick(ctx, n, v)
		if err != nil {
			return a.failing(ctx, n, v, a.stop(r), failureOf(key, err))
		}
		return a.choose(ctx, n, v, r, map[string]any{"branch": branch})
	case step.Parallel:
		return a.parallel(ctx, n, v, r)
	case step.ForEach:
		return a.forEach(ctx, n, v, r)
	default:
		return a.end(ctx, n, v, r)
	}
}

func (a *advance) start(n *node, key string) row {
	return row{Key: key, StepID: n.step.ID, Kind: n.spec.Kind, Class: class.A, Started: a.clock.Now(), State: rowSucceeded}
}

func (a *advance) stop(r row) row {
	r.Took = max(0, a.clock.Now().Sub(r.Started))
	return r
}

func (a *advance) pick(ctx context.Context, n *node, v vars) (string, error) {
	names := a.names(v)
	for _, l := range n.lanes {
		if l.when == nil {
			return l.name, nil
		}
		if yes, err := l.when.Bool(ctx, names); err != nil || yes {
			return l.name, err
		}
	}
	return "", fail.New(fail.Invalid, "workflow.fail.cases")
}

func (a *advance) choose(ctx context.Context, n *node, v vars, r row, output map[string]any) result {
	r.Output = output
	a.record(a.stop(r))
	v.steps[n.step.ID] = output
	return a.chosen(ctx, n, v, output)
}

func (a *advance) chosen(ctx context.Context, n *node, v vars, output any) result {
	branch, _ := output.(map[string]any)["branch"].(string)
	for _, l := range n.lanes {
		if l.name == branch {
			return a.list(ctx, l.steps, v)
		}
	}
	return result{}
}

// parallel goes through all branches, then fails if one of them did.
func (a *advance) parallel(ctx context.Context, n *node, v vars, r row) result {
	out := a.merge(n, v, func(i int, inner vars) result { return a.list(ctx, n.lanes[i].steps, inner) })
	switch out.status {
	case done:
		r.Output = map[string]any{"branches": float64(len(n.lanes))}
		a.record(a.stop(r))
		v.steps[n.step.ID] = r.Output
		return out
	case failed:
		return a.failing(ctx, n, v, a.stop(r), out.failure)
	default:
		return out
	}
}

// merge gives each lane its own view, and brings together what they left.
func (a *advance) merge(n *node, v vars, run func(i int, inner vars) result) result {
	views := make([]vars, len(n.lanes))
	results := make([]result, len(n.lanes))
	for i := range views {
		views[i] = v.fork()
	}
	side(len(n.lanes), len(n.lanes), n.pure, func(i int) { results[i] = run(i, views[i]) })
	for i := range views {
		maps.Copy(v.steps, views[i].steps)
	}
	return worst(results)
}

// side runs fn for 0 to n-1: side by side where something is waited for outside,
// else one after the other, which is faster.
func side(n, atOnce int, pure bool, fn func(i int)) {
	if pure || atOnce == 1 {
		for i := range n {
			fn(i)
		}
		return
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			fn(i)
		})
	}
	wg.Wait()
}

// worst is what a fork comes to: a lane that ended the run ends it; while one
// can still go on, the fork does; then a failure counts.
func worst(results []result) result {
	for _, wanted := range []status{fenced, ended, yielded, blocked, failed} {
		for _, r := range results {
			if r.status == wanted {
				return r
			}
		}
	}
	return result{}
}

// forEach keeps at most at_once items unfinished. After a failure no further item
// begins, unless go_on says so; those that have begun run to their end.
func (a *advance) forEach(ctx context.Context, n *node, v vars, r row) result {
	items, atOnce, goOn, err := a.items(ctx, n, v)
	if err != nil {
		return a.failing(ctx, n, v, a.stop(r), failureOf(r.Key, err))
	}
	results := make([]result, len(items))
	collected := make([]any, len(items))
	var held atomic.Int64
	run := func(i int) {
		inner := v.fork()
		inner.prefix, inner.inLoop, inner.item, inner.index = iteration(r.Key, i), true, items[i], float64(i)
		inner.steps[n.step.ID] = map[string]any{"item": items[i], "index": float64(i)} // for loops inside it
		a.beginIteration(inner.prefix)
		one, value := a.item(ctx, n, inner, r.Key)
		if held.Add(int64(weight(value))) > MaxOutput && one.status == done {
			one, value = result{failed, tooHeavy(r.Key)}, nil
		}
		results[i], collected[i] = one, value
	}
	upTo := a.window(len(items), atOnce, goOn, r.Key, n.pure, results, run)
	switch out := worst(results[:upTo]); {
	case out.status == failed && !goOn:
		return a.failing(ctx, n, v, a.stop(r), out.failure)
	case out.status != done && out.status != failed:
		return out
	}
	bad := 0
	for _, one := range results {
		if one.status == failed {
			bad++
		}
	}
	r.Output = map[string]any{"count": float64(len(items)), "failed": float64(bad), "results": collected}
	a.record(a.stop(r))
	v.steps[n.step.ID] = r.Output
	return result{}
}

// item goes through the body once, and collects what it is asked to.
func (a *advance) item(ctx context.Context, n *node, inner vars, key string) (result, any) {
	r := a.list(ctx, n.lanes[0].steps, inner)
	collect := n.exprs["collect"]
	if collect == nil || r.status != done {
		return r, nil
	}
	value, err := collect.Eval(ctx, a.names(inner))
	if err != nil {
		return result{failed, failureOf(key, err)}, nil
	}
	return r, value
}

// window goes through the items in rounds of those that may be unfinished at
// once; it returns how many were looked at.
func (a *advance) window(n, atOnce int, goOn bool, key string, pure bool, results []result, run func(i int)) (upTo int) {
	unfinished, bad := 0, false
	for upTo < n {
		var round []int
		for ; upTo < n && len(round) < atOnce-unfinished; upTo++ {
			if bad && !goOn && !a.hasBegun(iteration(key, upTo)) {
				continue
			}
			round = append(round, upTo)
		}
		if len(round) == 0 {
			return upTo
		}
		side(len(round), atOnce, pure, func(i int) { run(round[i]) })
		for _, i := range round {
			switch results[i].status {
			case blocked:
				unfinished++
			case failed:
				bad = true
			case ended, fenced, yielded:
				return upTo
			}
		}
		if unfinished >= atOnce {
			return upTo
		}
	}
	return upTo
}

func iteration(key string, i int) string { return fmt.Sprintf("%s[%d]/", key, i) }

func (a *advance) items(ctx context.Context, n *node, v vars) (items []any, atOnce int, goOn bool, err error) {
	value, err := n.exprs["items"].Eval(ctx, a.names(v))
	if err != nil {
		return nil, 0, false, err
	}
	items, ok := value.([]any)
	if !ok {
		return nil, 0, false, fail.New(fail.Invalid, "workflow.fail.not_a_list")
	}
	if len(items) > step.MaxItems {
		return nil, 0, false, fail.New(fail.Invalid, "workflow.fail.too_many_items", "max", step.MaxItems, "count", len(items))
	}
	config := n.spec.WithDefaults(n.step.Config)
	least, _ := config["at_once"].(float64)
	goOn, _ = config["go_on"].(bool)
	return items, max(1, int(least)), goOn, nil
}

// end is the stop step.
func (a *advance) end(ctx context.Context, n *node, v vars, r row) result {
	config, err := n.render(ctx, a.names(v))
	if err != nil {
		return a.failing(ctx, n, v, a.stop(r), failureOf(r.Key, err))
	}
	message, err := expr.Words(config["message"])
	if err != nil {
		return a.failing(ctx, n, v, a.stop(r), failureOf(r.Key, err))
	}
	r.Output = map[string]any{"as": config["as"], "message": message}
	a.record(a.stop(r))
	return a.stopped(r.Output, r.Key)
}

func (a *advance) stopped(output any, key string) result {
	said, _ := output.(map[string]any)
	if said["as"] == string(Failed) {
		return result{ended, &Failure{Step: key, Class: fail.ClassConfig, Key: "workflow.fail.stopped", Args: map[string]any{"message": said["message"]}}}
	}
	return result{status: ended}
}
