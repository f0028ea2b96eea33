package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/step"
)

// task is one step at work.
type task struct {
	n        *node
	v        vars
	row      row
	approved bool
}

// work does a step that is not the engine's own: renders it, asks a person where
// one is needed, does it, records it.
func (a *advance) work(ctx context.Context, n *node, v vars, key string) result {
	t := &task{n: n, v: v, row: a.start(n, key)}
	if a.run.Cause == CauseTest && n.step.Pin != nil {
		return a.succeed(ctx, t, n.step.Pin)
	}
	t.row.Class = n.spec.Class
	if w, ok := a.waitOf(key); ok {
		if w.Open && w.Kind != step.WaitIntent {
			return result{status: blocked}
		}
		t.row.Tries, t.row.Class, t.row.Input = w.Tries, w.Class, w.Input
		t.row.Started = w.Began
		if r, over := a.afterWait(ctx, t, w); over {
			return r
		}
	}
	if t.row.Input == nil {
		config, err := n.render(ctx, a.names(v))
		if err != nil {
			return a.failing(ctx, n, v, a.stop(t.row), failureOf(key, err))
		}
		t.row.Input = plain(config)
	}
	if r := a.doubt(ctx, t); r.status != done {
		return r
	}
	if r := a.ask(ctx, t); r.status != done {
		return r
	}
	if r := a.undoPoint(ctx, t); r.status != done {
		return r
	}
	return a.do(ctx, t)
}

// waitOf is the step's wait, if it counts in this take. A yes is good for one
// doing, and an intent for one: both count in later takes until the step was tried
// under them and its failure is known.
func (a *advance) waitOf(key string) (wait, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w, ok := a.waits[key]
	take, tried := a.tried[key]
	spent := tried && take >= w.Take
	allowed := w.Kind == step.WaitApproval && w.Answer["approved"] == true
	return w, ok && !spent && (w.Take == a.run.Take || w.Open || allowed)
}

// afterWait takes up a step whose wait was closed. over: the step is finished.
func (a *advance) afterWait(ctx context.Context, t *task, w wait) (r result, over bool) {
	if w.Answer["canceled"] == true && w.Take == a.run.Take {
		return a.failing(ctx, t.n, t.v, a.stop(t.row), &Failure{Step: t.row.Key, Class: fail.ClassCanceled, Key: "workflow.fail.step_canceled", Args: map[string]any{"by": w.Answer["by"]}}), true
	}
	switch w.Kind {
	case step.WaitApproval:
		if t.n.spec.Asks {
			return a.resume(ctx, t, w.Answer), true
		}
		if approved, _ := w.Answer["approved"].(bool); !approved {
			return a.failing(ctx, t.n, t.v, a.stop(t.row), refusal(t.row.Key, w.Answer)), true
		}
		t.approved = true
	case step.WaitRetry:
		t.approved, _ = w.Answer["approved"].(bool)
	case step.WaitIntent:
		// The worker died between the step's beginning and its record.
		return a.askUnknown(ctx, t, w), true
	case step.WaitUnknown:
		switch w.Answer["as"] {
		case "again":
			t.approved = true
		case "done":
			return a.succeed(ctx, t, w.Answer["output"]), true
		default:
			return a.failing(ctx, t.n, t.v, a.stop(t.row), &Failure{Step: t.row.Key, Class: fail.ClassInternal, Key: "workflow.fail.unknown_outcome"}), true
		}
	default:
		return a.resume(ctx, t, w.Answer), true
	}
	return result{}, false
}

// resume makes the step's output of what it waited for. While the process stops,
// or our own database is away, nothing is known: another job takes it up.
func (a *advance) resume(ctx context.Context, t *task, answer map[string]any) result {
	output, err := safely(func() (any, error) { return t.n.spec.Resume(ctx, a.call(t), answer) })
	switch {
	case err != nil && ctx.Err() != nil:
		return result{status: yielded}
	case fail.Is(err, fail.Unavailable):
		return a.interrupted(ctx, err)
	case err != nil:
		return a.failing(ctx, t.n, t.v, a.stop(t.row), failureOf(t.row.Key, err))
	}
	return a.succeed(ctx, t, output)
}

func refusal(key string, answer map[string]any) *Failure {
	if answer["expired"] == true {
		return &Failure{Step: key, Class: fail.ClassCanceled, Key: "workflow.fail.expired"}
	}
	return &Failure{Step: key, Class: fail.ClassCanceled, Key: "workflow.fail.rejected", Args: map[string]any{"by": answer["by"], "reason": answer["reason"]}}
}

// ask opens an approval where the step, as it would run, is of class C and nobody
// has allowed exactly this yet.
func (a *advance) ask(ctx context.Context, t *task) result {
	if t.n.spec.Classify == nil || t.approved {
		return result{}
	}
	danger, err := t.n.spec.Classify(ctx, a.call(t))
	if err != nil {
		return a.interrupted(ctx, err)
	}
	t.row.Class = danger
	if danger != class.C {
		return result{}
	}
	if config, ok := t.row.Input.(map[string]any); ok && t.n.spec.Reach != nil {
		trusted, err := a.trusts(ctx, t.n.step.ID, t.n.spec.Reach(config))
		if err != nil {
			return a.interrupted(ctx, err)
		}
		if trusted {
			return result{}
		}
	}
	return a.open(ctx, t, wait{Kind: step.WaitApproval, Until: t.row.Started.Add(t.approvalTime())})
}

func (t *task) approvalTime() time.Duration {
	if ap := t.n.step.Approval; ap != nil && ap.ExpiresMinutes > 0 {
		return time.Duration(ap.ExpiresMinutes) * time.Minute
	}
	return 24 * time.Hour
}

// open puts the step to sleep, with what it will run with.
func (a *advance) open(ctx context.Context, t *task, w wait) result {
	w.Key, w.StepID, w.Open, w.Take = t.row.Key, t.n.step.ID, true, a.run.Take
	w.Began, w.Input, w.Class, w.Tries = t.row.Started, t.row.Input, t.row.Class, t.row.Tries
	w.Hash = Hash(a.run.Version.String(), t.n.step.ID, t.n.spec.Kind, w.Input)
	a.mu.Lock()
	a.waits[w.Key] = w
	a.opened = append(a.opened, w)
	a.mu.Unlock()
	return result{status: blocked}
}

func (a *advance) askUnknown(ctx context.Context, t *task, w wait) result {
	return a.open(ctx, t, wait{Kind: step.WaitUnknown, Until: w.Began.Add(7 * 24 * time.Hour)})
}

func (a *advance) call(t *task) step.Call {
	config, _ := t.row.Input.(map[string]any)
	return step.Call{
		Workspace: a.run.Workspace, Workflow: a.run.Workflow, Run: a.run.ID, RunNumber: a.run.Number, Depth: a.run.Depth,
		Key: t.row.Key, Token: a.token(t.row.Key), Config: config, Now: a.clock.Now(),
	}
}

// token is an effect's idempotency key: the same on every delivery, and nobody's to guess.
func (a *advance) token(key string) string {
	mac := hmac.New(sha256.New, a.run.ID[:])
	mac.Write([]byte(a.run.Workspace.String() + "\x00" + key))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

func (a *advance) do(ctx context.Context, t *task) result {
	switch t.n.spec.Mode {
	case step.Inside:
		return a.inside(ctx, t)
	case step.Outside:
		return a.outside(ctx, t)
	default:
		output, err := safely(func() (any, error) { return t.n.spec.Do(ctx, a.call(t)) })
		if err != nil {
			return a.failing(ctx, t.n, t.v, a.stop(t.row), failureOf(t.row.Key, err))
		}
		return a.succeed(ctx, t, output)
	}
}

// outside reaches out, then commits. A step that must never be repeated leaves
// its intent first, so that nobody mistakes a crash for "not yet done".
func (a *advance) outside(ctx context.Context, t *task) result {
	if t.n.step.Once {
		if r := a.intend(ctx, t); r.status != done {
			return r
		}
	}
	began := a.clock.Now()
	tryCtx, cancel := context.WithTimeout(ctx, t.n.timeout())
	output, err := safely(func() (any, error) { return t.n.spec.Do(tryCtx, a.call(t)) })
	timedOut := tryCtx.Err() != nil && ctx.Err() == nil
	cancel()
	a.mu.Lock()
	a.effects++
	a.mu.Unlock()
	if err != nil && ctx.Err() != nil {
		return result{status: yielded} // the process stops: another takes it up
	}
	if err != nil && timedOut {
		err = fail.Work(err, fail.ClassTransient, "workflow.fail.timeout", "seconds", int(t.n.timeout().Seconds()))
	}
	if err != nil {
		return a.tryAgain(ctx, t, began, failureOf(t.row.Key, err))
	}
	if r := a.succeed(ctx, t, output); r.status != done {
		return r
	}
	return a.flush(ctx)
}

func (a *advance) intend(ctx context.Context, t *task) result {
	a.open(ctx, t, wait{Kind: step.WaitIntent})
	return a.flush(ctx)
}

// tryAgain waits for the next try, where there is one.
func (a *advance) tryAgain(ctx context.Context, t *task, began time.Time, failure *Failure) result {
	if t.lastTry(failure) {
		r := a.failing(ctx, t.n, t.v, a.stop(t.row), failure)
		if committed := a.flush(ctx); committed.status != done {
			return committed
		}
		return r
	}
	return a.pause(ctx, t, began, failure)
}

func (t *task) lastTry(failure *Failure) bool {
	most, _ := t.n.tries()
	return failure.Class != fail.ClassTransient || len(t.row.Tries)+1 >= most
}

// pause puts the step to sleep until its next try.
func (a *advance) pause(ctx context.Context, t *task, began time.Time, failure *Failure) result {
	_, first := t.n.tries()
	pause := first << min(len(t.row.Tries), 12)
	pause = min(pause, time.Hour)
	pause += rand.N(pause/4 + 1) // so that those who failed together don't come back together
	t.row.Tries = append(t.row.Tries, Try{At: began, TookUS: a.clock.Now().Sub(began).Microseconds(), Key: failure.Key, Args: failure.Args})
	return a.open(ctx, t, wait{Kind: step.WaitRetry, Until: a.clock.Now().Add(pause), Answer: map[string]any{"approved": t.approved}})
}

// inside does a step's rows and its record in one transaction.
func (a *advance) inside(ctx context.Context, t *task) result {
	var output any
	var w *step.Wait
	var failure *Failure
	err := a.commitWith(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		began, err := tx.Begin(ctx) // a savepoint: a refused step is still recorded
		if err != nil {
			return err
		}
		output, w, err = a.begin(ctx, began, t)
		if err != nil {
			failure = failureOf(t.row.Key, err)
			if failure.Key == "task.fail.internal" || fail.Is(err, fail.Unavailable) {
				return errors.Join(err, began.Rollback(ctx))
			}
			return began.Rollback(ctx)
		}
		return began.Commit(ctx)
	}, func() change { return a.outcomeOf(t, output, w, failure) })
	switch {
	case err != nil:
		return a.interrupted(ctx, err)
	case failure != nil && t.row.State == rowSucceeded: // not recorded: another try follows
		return result{status: blocked}
	case failure != nil && t.row.State == rowFailed:
		return result{failed, failure}
	case failure != nil:
		return a.afterCaught(ctx, t.n, t.v, failure)
	case w != nil:
		return result{status: blocked}
	}
	t.v.steps[t.n.step.ID] = plain(output)
	return result{}
}

func (a *advance) begin(ctx context.Context, tx pgx.Tx, t *task) (output any, w *step.Wait, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("step %s: panic: %v", t.n.spec.Kind, p)
		}
	}()
	return t.n.spec.Begin(ctx, tx, a.call(t))
}

// succeed records the output; a step whose output is a choice goes on in it.
func (a *advance) succeed(ctx context.Context, t *task, output any) result {
	if weight(output) > MaxOutput {
		return a.failing(ctx, t.n, t.v, a.stop(t.row), tooHeavy(t.row.Key))
	}
	t.row.Output = plain(output)
	t.row.State = rowSucceeded
	a.record(a.stop(t.row))
	t.v.steps[t.n.step.ID] = t.row.Output
	if reply, ok := output.(Reply); ok {
		a.mu.Lock()
		a.reply = reply
		a.mu.Unlock()
	}
	if len(t.n.lanes) > 0 {
		return a.chosen(ctx, t.n, t.v, t.row.Output)
	}
	return result{}
}

func safely(do func() (any, error)) (output any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return do()
}

// Hash is what an approval is bound to: the version, the step, and exactly what
// it will run with.
func Hash(version, stepID, kind string, input any) string {
	text, err := expr.Words(map[string]any{"version": version, "step": stepID, "kind": kind, "input": input})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%x", sum)
}
