package source

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/live"
	"levqor/jobs/task"
)

// testTime bounds a whole test: somebody is looking at it.
const testTime = 3 * time.Minute

// PerformTest tries the source's access and shows each step as it ends. A good
// test keeps what it learned with the source.
func (s *Sources) PerformTest(ctx context.Context, id uuid.UUID) error {
	return s.runner.Do(ctx, id, func(ctx context.Context, a *task.Active) (func(context.Context, pgx.Tx) error, error) {
		r, err := sourceOf(ctx, a)
		if err != nil {
			return nil, err
		}
		steps := &steps{Active: a, source: r.ID, all: untested(r.Kind)}
		if r.IsSample {
			a.Phase("sample")
			if err := s.makeSample(ctx); err != nil {
				return nil, err
			}
		}
		spec, err := s.spec(r)
		if err != nil {
			return nil, steps.refuse(ctx, final(err))
		}
		a.Phase("connect")
		facts, err := s.try(ctx, spec, steps)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE sources SET facts = $2, tested_at = $3 WHERE id = $1 AND revision = $4`, r.ID, facts, a.Now(), r.Revision)
			return err
		}, nil
	})
}

func (s *Sources) try(ctx context.Context, spec Spec, steps *steps) (Facts, error) {
	tryCtx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	facts, err := s.Engine(spec.Kind).Test(tryCtx, spec, func(step Step) { steps.keep(ctx, step) })
	if ctx.Err() != nil {
		return facts, context.Cause(ctx)
	}
	if err == nil {
		err = steps.failed
	}
	return facts, final(err)
}

func sourceOf(ctx context.Context, a *task.Active) (r row, err error) {
	err = a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err = find(ctx, tx, `JOIN source_tests k ON k.source_id = s.id WHERE k.id = $1`, a.Task.ID)
		return err
	})
	if err == nil && r.DeletedAt != nil {
		err = errDeleted()
	}
	return r, err
}

// steps of a test under way.
type steps struct {
	*task.Active
	source uuid.UUID
	all    []Step
	failed error // to store them
}

// keep stores one step's result and tells whoever watches.
func (t *steps) keep(ctx context.Context, step Step) {
	for i := range t.all {
		if t.all[i].Name == step.Name {
			t.all[i] = step
		}
	}
	err := t.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE source_tests SET steps = $2 WHERE id = $1`, t.Task.ID, t.all); err != nil {
			return err
		}
		if err := live.Notify(ctx, tx, t.Task.WorkspaceID, t.Task.Topic()); err != nil {
			return err
		}
		return live.Notify(ctx, tx, t.Task.WorkspaceID, live.Topic("source-"+t.source.String()))
	})
	if t.failed == nil {
		t.failed = err
	}
}

// refuse shows a failure before any step as that of the first.
func (t *steps) refuse(ctx context.Context, err error) error {
	step := t.all[0]
	step.fail(err)
	t.keep(ctx, step)
	return err
}
