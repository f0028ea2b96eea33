package workflow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// Sample is the data that a test has in place of a run's.
type Sample struct {
	Trigger any            `json:"trigger"`
	Steps   map[string]any `json:"steps,omitempty"` // outputs of earlier steps, by id
	Item    any            `json:"item,omitempty"`  // of the loop that the step is in
}

// Names of the steps that stand around a step tested alone.
const (
	sampleItem = "sample_item"
	sampleLoop = "sample_loop"
)

// trialDeadline of a test.
const trialDeadline = time.Hour

// Try runs the draft of that revision as a test: pinned steps give what is pinned
// to them. stepID other than "" is run alone, with the sample's data, pinned or not.
// What asks people asks here too. A test counts in no figures. Needs Manage.
// Invalid with every problem at its field, Conflict (workflow.fail.stale).
func (w *Workflows) Try(ctx context.Context, actor account.Actor, id uuid.UUID, revision int, stepID string, sample Sample) (started engine.Started, err error) {
	if err := checkInput([]any{sample.Trigger, sample.Steps, sample.Item}); err != nil {
		return started, err
	}
	err = w.edit(ctx, actor, id, revision, func(ctx context.Context, tx pgx.Tx, found Workflow) error {
		tried := found.Draft
		if stepID != "" {
			if tried, err = alone(&found.Draft, stepID, sample); err != nil {
				return err
			}
		}
		if err := w.check(tried); err != nil {
			return err
		}
		version := db.NewID()
		if _, err := tx.Exec(ctx, `
			INSERT INTO workflow_versions (id, workspace_id, workflow_id, number, definition, author_id, author_name, created_at)
			VALUES ($1, $2, $3, (SELECT least(0, min(number)) - 1 FROM workflow_versions WHERE workflow_id = $3), $4, nullif($5, '00000000-0000-0000-0000-000000000000'::uuid), $6, $7)`,
			version, actor.Workspace, id, tried, personOf(actor), actor.Name, w.clock.Now()); err != nil {
			return fmt.Errorf("keep what is tested: %w", err)
		}
		begun, err := w.engine.StartIn(ctx, tx, []engine.New{{
			Workspace: actor.Workspace, Workflow: id, Version: version, Cause: engine.CauseTest, ActorID: personOf(actor), ActorName: actor.Name,
			Input: sample.Trigger, Deadline: trialDeadline,
		}})
		if err == nil {
			started = begun[0]
		}
		return err
	})
	return started, err
}

// alone is a definition in which one step runs by itself, after steps that give
// the sample's outputs. What is inside the step is left out.
func alone(d *flow.Definition, stepID string, sample Sample) (flow.Definition, error) {
	found, place, ok := d.Find(stepID)
	if !ok {
		return flow.Definition{}, fail.New(fail.NotFound, "workflow.fail.unknown_step", "id", stepID)
	}
	tested := flow.Step{ID: found.ID, Kind: found.Kind, Name: found.Name, Config: maps.Clone(found.Config), Retry: &flow.Retry{}, Timeout: found.Timeout, Once: found.Once, Undo: found.Undo, Approval: found.Approval}
	for _, b := range found.Branches {
		tested.Branches = append(tested.Branches, flow.Branch{Name: b.Name, When: b.When, Steps: []flow.Step{}})
	}
	if found.Kind == step.ForEach {
		delete(tested.Config, "collect") // what its items leave, and there are none
	}
	out := flow.Definition{Trigger: flow.Trigger{Kind: ByHand}, Steps: []flow.Step{}}
	for _, id := range slices.Sorted(maps.Keys(sample.Steps)) {
		if id != stepID {
			out.Steps = append(out.Steps, given(id, sample.Steps[id]))
		}
	}
	if !inLoop(d, place) {
		out.Steps = append(out.Steps, tested)
		return out, nil
	}
	out.Steps = append(out.Steps, given(sampleItem, map[string]any{"items": []any{sample.Item}}), flow.Step{
		ID: sampleLoop, Kind: step.ForEach, Config: map[string]any{"items": "steps." + sampleItem + ".items"},
		Branches: []flow.Branch{{Name: "each", Steps: []flow.Step{tested}}},
	})
	return out, nil
}

// given is a step whose output is known.
func given(id string, output any) flow.Step {
	if output == nil {
		output = map[string]any{}
	}
	return flow.Step{ID: id, Kind: "transform", Config: map[string]any{"values": map[string]any{"given": true}}, Pin: output}
}

func inLoop(d *flow.Definition, at flow.Place) bool {
	for at.Lane.Step != "" {
		above, place, ok := d.Find(at.Lane.Step)
		if !ok {
			return false
		}
		if above.Kind == step.ForEach && !at.Lane.Rescue {
			return true
		}
		at = place
	}
	return false
}
