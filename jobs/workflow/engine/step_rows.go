package engine

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/workflow/class"
)

// stepRows are the rows that a commit inserts for finished steps, column by
// column. Of each run the steps that only succeeded share a row.
type stepRows struct {
	runs, workspaces           []uuid.UUID
	keys, steps, kinds, states []string
	classes                    []class.Class
	takes                      []int
	started                    []time.Time
	took                       []int64
	tries, inputs, outputs     []*string
	failClasses, failKeys      []string
	failArgs                   []*string
	more                       []*string
}

// beside is a finished step in the row of another; the view run_steps reads it.
type beside struct {
	Key   string      `json:"key"`
	Step  string      `json:"s,omitempty"` // when it is not the key
	Kind  string      `json:"kind"`
	Class class.Class `json:"class,omitempty"` // when it is not A
	After int64       `json:"after"`           // microseconds from the row's start to its own
	Took  int64       `json:"took"`
	In    any         `json:"i,omitempty"`
	Out   any         `json:"o,omitempty"`
}

func (c *stepRows) add(w write) {
	first := -1
	var others []beside
	for _, r := range w.rows {
		switch {
		case r.State != rowSucceeded || len(r.Tries) > 0:
			c.insert(w.run, r)
		case first < 0:
			first = len(c.runs)
			c.insert(w.run, r)
		default:
			others = append(others, r.beside(c.started[first]))
		}
	}
	if len(others) > 0 {
		c.more[first] = text(others)
	}
}

func (r row) beside(start time.Time) beside {
	b := beside{Key: r.Key, Kind: r.Kind, After: r.Started.Sub(start).Microseconds(), Took: r.Took.Microseconds(), In: r.Input, Out: r.Output}
	if r.StepID != r.Key {
		b.Step = r.StepID
	}
	if r.Class != class.A {
		b.Class = r.Class
	}
	return b
}

func (c *stepRows) insert(run claimed, r row) {
	c.runs, c.workspaces = append(c.runs, run.ID), append(c.workspaces, run.Workspace)
	c.keys, c.steps, c.kinds = append(c.keys, r.Key), append(c.steps, r.StepID), append(c.kinds, r.Kind)
	c.states, c.classes, c.takes = append(c.states, string(r.State)), append(c.classes, r.Class), append(c.takes, r.Take)
	c.started, c.took = append(c.started, r.Started), append(c.took, r.Took.Microseconds())
	c.inputs, c.outputs = append(c.inputs, text(r.Input)), append(c.outputs, text(r.Output))
	var tries, args *string
	if len(r.Tries) > 0 {
		tries = text(r.Tries)
	}
	failClass, failKey := "", ""
	if r.Failure != nil {
		failClass, failKey, args = string(r.Failure.Class), r.Failure.Key, text(map[string]any{"step": r.Failure.Step, "args": r.Failure.Args})
	}
	c.tries, c.failArgs, c.more = append(c.tries, tries), append(c.failArgs, args), append(c.more, nil)
	c.failClasses, c.failKeys = append(c.failClasses, failClass), append(c.failKeys, failKey)
}

func (c *stepRows) queue(batch *pgx.Batch) {
	if len(c.runs) == 0 {
		return
	}
	batch.Queue(`
		INSERT INTO run_step_rows (run_id, workspace_id, key, step_id, kind, state, class, take, started_at, took_us, tries, input, output,
			failure_class, failure_key, failure_args, more)
		SELECT i.run_id, i.workspace_id, i.key, i.step_id, i.kind, i.state, i.class, i.take, i.started_at, i.took_us, i.tries::jsonb, i.input::jsonb,
			i.output::jsonb, i.failure_class, i.failure_key, i.failure_args::jsonb, i.more::json
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::timestamptz[], $10::bigint[],
			$11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[])
			AS i (run_id, workspace_id, key, step_id, kind, state, class, take, started_at, took_us, tries, input, output, failure_class, failure_key, failure_args, more)`,
		c.runs, c.workspaces, c.keys, c.steps, c.kinds, c.states, c.classes, c.takes, c.started, c.took, c.tries, c.inputs, c.outputs,
		c.failClasses, c.failKeys, c.failArgs, c.more)
}
