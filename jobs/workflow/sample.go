package workflow

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// Sample is what a test of the draft's step would read: what is pinned, else what
// the workflow's newest run had. A step that is read and gave nothing yet is there
// with nothing in it. Needs View.
func (w *Workflows) Sample(ctx context.Context, actor account.Actor, id uuid.UUID, stepID string) (s Sample, err error) {
	found, err := w.Get(ctx, actor, id)
	if err != nil {
		return s, err
	}
	tested, place, ok := found.Draft.Find(stepID)
	if !ok {
		return s, fail.New(fail.NotFound, "workflow.fail.unknown_step", "id", stepID)
	}
	s = Sample{Trigger: map[string]any{}, Steps: map[string]any{}}
	reads := w.engine.Compiler().Reads(tested)
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		var run uuid.UUID
		err := tx.QueryRow(ctx, `SELECT id, input FROM runs WHERE workflow_id = $1 AND cause <> 'test' ORDER BY id DESC LIMIT 1`, id).Scan(&run, &s.Trigger)
		if db.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT DISTINCT ON (step_id) step_id, output FROM run_steps
			WHERE run_id = $1 AND step_id = ANY($2) AND state = 'succeeded' AND output IS NOT NULL ORDER BY step_id, started_at DESC`, run, reads)
		if err != nil {
			return err
		}
		var of string
		var output any
		_, err = pgx.ForEachRow(rows, []any{&of, &output}, func() error {
			s.Steps[of], output = output, nil
			return nil
		})
		return err
	})
	if err != nil {
		return s, err
	}
	for _, of := range reads {
		if before, _, ok := found.Draft.Find(of); ok && before.Pin != nil {
			s.Steps[of] = before.Pin
		} else if s.Steps[of] == nil {
			s.Steps[of] = map[string]any{}
		}
	}
	if inLoop(&found.Draft, place) {
		s.Item = map[string]any{}
	}
	return s, nil
}
