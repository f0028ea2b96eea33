package runs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
	"levqor/locales"
)

// StartKey stands for what started the run; no step's key has its sign.
const StartKey = "@start"

// line of the waterfall: a step of the flow, once or once an item, and what became of it.
type line struct {
	Key   string
	Step  *flow.Step
	Depth int
	Item  int                // of the innermost loop, from 1; 0: in none
	Done  *workflow.StepRun  // nil: not finished
	Wait  *workflow.Waiting  // nil: it waits for nothing
	Past  []workflow.StepRun // failures of earlier takes
}

// lines are the steps in the flow's order. Those inside a loop come once an item
// that has begun.
func lines(d *workflow.RunDetail) []line {
	b := &board{take: d.Take, done: map[string][]workflow.StepRun{}, waits: map[string]*workflow.Waiting{}, items: map[string][]int{}}
	for _, s := range d.Steps {
		b.done[s.Key] = append(b.done[s.Key], s)
		b.note(s.Key)
	}
	for i := range d.Waits {
		b.waits[d.Waits[i].Key] = &d.Waits[i]
		b.note(d.Waits[i].Key)
	}
	for loop, items := range b.items {
		slices.Sort(items)
		b.items[loop] = slices.Compact(items)
	}
	b.walk(d.Definition.Steps, "", 0, 0)
	return b.lines
}

type board struct {
	take  int
	done  map[string][]workflow.StepRun
	waits map[string]*workflow.Waiting
	items map[string][]int // begun items of a loop, by its key
	lines []line
}

// note finds the loops in a key such as "each[3]/inner[0]/mail".
func (b *board) note(key string) {
	for at, sign := range key {
		if sign != '[' {
			continue
		}
		number, _, _ := strings.Cut(key[at+1:], "]")
		if i, err := strconv.Atoi(number); err == nil {
			b.items[key[:at]] = append(b.items[key[:at]], i)
		}
	}
}

func (b *board) walk(steps []flow.Step, prefix string, depth, item int) {
	for i := range steps {
		s := &steps[i]
		one := line{Key: prefix + s.ID, Step: s, Depth: depth, Item: item, Wait: b.waits[prefix+s.ID]}
		one.Done, one.Past = b.outcome(one.Key)
		begun := b.items[one.Key]
		if item > 0 && one.Done == nil && one.Wait == nil && len(one.Past)+len(begun) == 0 && len(s.Branches) == 0 {
			continue // ten thousand items would repeat what did not happen
		}
		b.lines = append(b.lines, one)
		b.undoPoint(one)
		for lane, list := range s.Lists() {
			if s.Kind != step.ForEach || lane.Rescue || len(begun) == 0 {
				b.walk(*list, prefix, depth+1, item)
				continue
			}
			for _, nth := range begun {
				b.walk(*list, fmt.Sprintf("%s[%d]/", one.Key, nth), depth+1, nth+1)
			}
		}
	}
}

// undoPoint is the copy that a step takes of a source before it may do harm.
func (b *board) undoPoint(of line) {
	if of.Step.Undo == "" {
		return
	}
	key := engine.UndoKey(of.Key)
	one := line{Key: key, Step: &flow.Step{ID: of.Step.ID, Kind: step.UndoPointKind}, Depth: of.Depth + 1, Item: of.Item, Wait: b.waits[key]}
	one.Done, one.Past = b.outcome(key)
	b.lines = append(b.lines, one)
}

// askedBefore says why a question is asked once more; "": it is the first, or a no
// was given before.
func (p *Run) askedBefore(ctx context.Context, key string) string {
	for _, l := range p.all() {
		if l.Key != key || len(l.Past) == 0 {
			continue
		}
		switch l.Past[len(l.Past)-1].FailureKey {
		case "workflow.fail.rejected":
			return ""
		case "workflow.fail.expired":
			return locales.T(ctx, "runs.ask.expired_before")
		default:
			return locales.T(ctx, "runs.ask.tried_before")
		}
	}
	return ""
}

// cancelable reports whether the step waits for something other than a person.
func (l line) cancelable() bool {
	if l.Wait == nil {
		return false
	}
	switch l.Wait.Kind {
	case step.WaitCallback, step.WaitDelay, step.WaitRetry, step.WaitRun, step.WaitTask:
		return true
	default:
		return false
	}
}

// canceled reports whether it was waiting when the run was ended from outside.
func (l line) canceled() bool { return l.Done != nil && l.Done.State == "canceled" }

// outcome is the newest; a failure of an earlier take is past, as the step is done again.
func (b *board) outcome(key string) (done *workflow.StepRun, past []workflow.StepRun) {
	all := b.done[key]
	slices.SortFunc(all, func(x, y workflow.StepRun) int { return x.Take - y.Take })
	for i := range all {
		if all[i].State == "failed" && (all[i].Take < b.take || i < len(all)-1) {
			past = append(past, all[i])
		} else {
			done = &all[i]
		}
	}
	return done, past
}

// tries of the step that did not work, the oldest first, without its end.
func (l line) tries() (all []try) {
	add := func(tries []engine.Try) {
		for _, t := range tries {
			all = append(all, try{t.At, time.Duration(t.TookUS) * time.Microsecond, t.Key, t.Args})
		}
	}
	for _, s := range l.Past {
		add(s.Tries)
		all = append(all, try{s.StartedAt, time.Duration(s.TookUS) * time.Microsecond, s.FailureKey, s.FailureArgs})
	}
	if l.Done != nil {
		add(l.Done.Tries)
	}
	if l.Wait != nil {
		add(l.Wait.Tries)
	}
	return all
}

// try is one that did not work.
type try struct {
	At   time.Time
	Took time.Duration
	Key  string
	Args map[string]any
}

// span is when the step was at work, or has been waiting until now.
func (l line) span(now time.Time) (from time.Time, took time.Duration, ok bool) {
	switch {
	case l.Wait != nil:
		return l.Wait.BeganAt, max(0, now.Sub(l.Wait.BeganAt)), true
	case l.Done != nil:
		return l.Done.StartedAt, time.Duration(l.Done.TookUS) * time.Microsecond, true
	default:
		return time.Time{}, 0, false
	}
}

// choose is the step that the page opens: the one asked for, else the one that
// failed, waits, or was last.
func choose(all []line, asked, failed string) string {
	has := func(key string) bool { return slices.ContainsFunc(all, func(l line) bool { return l.Key == key }) }
	if asked == StartKey || has(asked) {
		return asked
	}
	if has(failed) {
		return failed
	}
	chosen := StartKey
	for _, l := range all {
		if l.Wait != nil {
			return l.Key
		}
		if l.Done != nil {
			chosen = l.Key
		}
	}
	return chosen
}

// keysOf is a map's names in order.
func keysOf(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
