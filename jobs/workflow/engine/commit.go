package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// change is what a commit does to the run itself; the zero change goes on.
type change struct {
	state   State // "", Running (go on in another job), Waiting, or a final one
	failure *Failure
	output  any
}

// write is one commit of one run: its finished steps, its waits, its new state.
// It says AND epoch = …: a job that lost its run writes nothing.
type write struct {
	run    claimed
	rows   []row
	waits  []wait
	change change
	reply  any
	worked time.Duration
}

var errFenced = errors.New("another job has the run")

func isFenced(err error) bool { return errors.Is(err, errFenced) }

func asFailure(err error) *fail.Error {
	known, _ := errors.AsType[*fail.Error](err)
	return known
}

// commit writes what is done, together with what other runs have to write now.
func (a *advance) commit(ctx context.Context, c change) error {
	wrote, err := a.commits.Add(ctx, a.take(c))
	if err != nil {
		return err
	}
	if !wrote {
		return errFenced
	}
	return nil
}

// commitWith writes it in a transaction of its own, after fn did its part there.
func (a *advance) commitWith(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error, build func() change) error {
	return a.db.InWorkspace(ctx, a.run.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		wrote, err := a.writeAll(ctx, tx, []write{a.take(build())})
		if err != nil {
			return err
		}
		if !wrote[0] {
			return errFenced
		}
		return nil
	})
}

// take empties the buffers into a write.
func (a *advance) take(c change) write {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	w := write{run: a.run, rows: a.fresh, waits: a.opened, change: c, reply: a.reply, worked: now.Sub(a.worked)}
	a.fresh, a.opened, a.reply, a.worked = nil, nil, nil, now
	return w
}

// outcomeOf puts an Inside step's end into the buffers.
func (a *advance) outcomeOf(t *task, output any, w *step.Wait, failure *Failure) change {
	switch {
	case failure != nil && !t.lastTry(failure):
		a.pause(context.Background(), t, t.row.Started, failure)
	case failure != nil:
		t.row.Failure, t.row.State = failure, rowFailed
		if t.n.step.OnError != flow.Stop {
			t.row.State = rowCaught
		}
		t.row = a.stop(t.row)
		a.record(t.row)
	case w != nil:
		a.sleep(t, w)
	default:
		t.row.Output = plain(output)
		a.record(a.stop(t.row))
		if reply, ok := output.(Reply); ok {
			a.mu.Lock()
			a.reply = reply
			a.mu.Unlock()
		}
	}
	return change{}
}

// sleep puts a step that has begun to sleep, at most as long as it may take.
func (a *advance) sleep(t *task, w *step.Wait) {
	opened := wait{Kind: w.Kind, Until: w.Until, Ref: w.Ref, Token: w.Token}
	if w.Ref != uuid.Nil {
		opened.Answer = map[string]any{"ref": w.Ref.String()}
	}
	if len(w.Shown) > 0 {
		input, _ := t.row.Input.(map[string]any)
		input = maps.Clone(input)
		maps.Copy(input, w.Shown)
		t.row.Input = input
	}
	switch {
	case !opened.Until.IsZero():
	case w.Kind == step.WaitApproval && t.n.step.Approval != nil:
		opened.Until = t.row.Started.Add(t.approvalTime())
	case t.n.timeout() > 0:
		opened.Until = t.row.Started.Add(t.n.timeout())
	}
	a.open(context.Background(), t, opened)
}

// writeAll writes many runs' commits at once; false for those that lost their run.
func (e *Engine) writeAll(ctx context.Context, tx pgx.Tx, writes []write) ([]bool, error) {
	states, err := e.fence(ctx, tx, writes)
	if err != nil {
		return nil, fmt.Errorf("commit runs: %w", err)
	}
	wrote := make([]bool, len(writes))
	batch := &pgx.Batch{}
	rows, waits := &stepRows{}, &waitColumns{}
	var left []claimed
	var again []uuid.UUID
	for i, w := range writes {
		state, ok := states[w.run.ID]
		if !ok {
			continue
		}
		wrote[i] = true
		rows.add(w)
		waits.add(w)
		switch {
		case w.change.state == "":
		case state == Running:
			again = append(again, w.run.ID)
		default:
			left = append(left, w.run)
		}
	}
	rows.queue(batch)
	waits.queue(batch)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("commit steps: %w", err)
	}
	if err := e.enqueue(ctx, tx, again, share); err != nil {
		return nil, err
	}
	return wrote, e.afterwards(ctx, tx, left, states)
}

// fence updates the runs that are still these jobs' and returns their new states.
// A run goes to sleep only if nothing woke it since it was claimed.
func (e *Engine) fence(ctx context.Context, tx pgx.Tx, writes []write) (map[uuid.UUID]State, error) {
	n := len(writes)
	ids, epochs, wakes, steps := make([]uuid.UUID, n), make([]int, n), make([]int, n), make([]int, n)
	worked, states := make([]int64, n), make([]string, n)
	outputs, replies, failures := make([]*string, n), make([]*string, n), make([]*string, n)
	for i, w := range writes {
		ids[i], epochs[i], wakes[i], steps[i] = w.run.ID, w.run.Epoch, w.run.Wakes, len(w.rows)
		worked[i], states[i] = w.worked.Microseconds(), string(w.change.state)
		outputs[i], replies[i] = text(w.change.output), text(w.reply)
		if f := w.change.failure; f != nil {
			failures[i] = text(map[string]any{"step": f.Step, "class": f.Class, "key": f.Key, "args": f.Args})
		}
	}
	rows, err := tx.Query(ctx, `
		UPDATE runs r SET steps_done = steps_done + i.steps, worked_us = worked_us + i.worked,
			state = CASE WHEN i.state = '' THEN r.state WHEN i.state = 'waiting' AND r.wakes > i.wakes THEN 'running' ELSE i.state END,
			finished_at = CASE WHEN i.state IN ('canceled', 'failed', 'succeeded') THEN $10::timestamptz END,
			output = coalesce(i.output::jsonb, r.output), reply = coalesce(i.reply::jsonb, r.reply),
			failed_step = coalesce(i.failure::jsonb ->> 'step', ''), failure_class = coalesce(i.failure::jsonb ->> 'class', ''),
			failure_key = coalesce(i.failure::jsonb ->> 'key', ''), failure_args = coalesce(nullif(i.failure::jsonb -> 'args', 'null'), '{}')
		FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[])
			AS i (id, epoch, wakes, steps, worked, state, output, reply, failure)
		WHERE r.id = i.id AND r.epoch = i.epoch AND r.state = 'running'
		RETURNING r.id, r.state`, ids, epochs, wakes, steps, worked, states, outputs, replies, failures, e.clock.Now())
	if err != nil {
		return nil, err
	}
	found := map[uuid.UUID]State{}
	var id uuid.UUID
	var state State
	_, err = pgx.ForEachRow(rows, []any{&id, &state}, func() error {
		found[id] = state
		return nil
	})
	return found, err
}

type waitColumns struct {
	runs, workspaces   []uuid.UUID
	keys, steps, kinds []string
	classes            []class.Class
	takes              []int
	began              []time.Time
	until              []*time.Time
	refs               []*uuid.UUID
	tokens             [][]byte
	hashes             []string
	inputs, tries      []*string
	answers            []*string
}

func (c *waitColumns) add(w write) {
	for _, one := range w.waits {
		c.runs, c.workspaces = append(c.runs, w.run.ID), append(c.workspaces, w.run.Workspace)
		c.keys, c.steps, c.kinds = append(c.keys, one.Key), append(c.steps, one.StepID), append(c.kinds, string(one.Kind))
		c.classes, c.takes, c.began = append(c.classes, one.Class), append(c.takes, one.Take), append(c.began, one.Began)
		var until *time.Time
		if !one.Until.IsZero() {
			until = &one.Until
		}
		var ref *uuid.UUID
		if one.Ref != uuid.Nil {
			ref = &one.Ref
		}
		var tries, answer *string
		if len(one.Tries) > 0 {
			tries = text(one.Tries)
		}
		if one.Answer != nil {
			answer = text(one.Answer)
		}
		c.until, c.refs, c.tokens, c.hashes = append(c.until, until), append(c.refs, ref), append(c.tokens, one.Token), append(c.hashes, one.Hash)
		c.inputs, c.tries, c.answers = append(c.inputs, text(one.Input)), append(c.tries, tries), append(c.answers, answer)
	}
}

func (c *waitColumns) queue(batch *pgx.Batch) {
	if len(c.runs) == 0 {
		return
	}
	batch.Queue(`
		INSERT INTO run_waits (run_id, workspace_id, key, step_id, kind, class, take, began_at, wake_at, ref_id, token_hash, hash, input, tries, answer)
		SELECT i.run_id, i.workspace_id, i.key, i.step_id, i.kind, i.class, i.take, i.began_at, i.wake_at, i.ref_id, i.token_hash, i.hash,
			i.input::jsonb, i.tries::jsonb, i.answer::jsonb
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::timestamptz[], $9::timestamptz[],
			$10::uuid[], $11::bytea[], $12::text[], $13::text[], $14::text[], $15::text[])
			AS i (run_id, workspace_id, key, step_id, kind, class, take, began_at, wake_at, ref_id, token_hash, hash, input, tries, answer)
		ON CONFLICT (run_id, key) DO UPDATE SET kind = excluded.kind, state = 'open', class = excluded.class, take = excluded.take,
			began_at = excluded.began_at, wake_at = excluded.wake_at, ref_id = excluded.ref_id, token_hash = excluded.token_hash,
			hash = excluded.hash, input = excluded.input, tries = excluded.tries, answer = excluded.answer`,
		c.runs, c.workspaces, c.keys, c.steps, c.kinds, c.classes, c.takes, c.began, c.until, c.refs, c.tokens, c.hashes, c.inputs, c.tries, c.answers)
}
