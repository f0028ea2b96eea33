package step

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
)

// Hold keeps a snapshot whatever the policy says, or lets it go again.
func Hold(backups *backup.Backups) *Spec {
	h := &hold{backups}
	return &Spec{
		Kind: "hold", Group: "backups", Icon: "lock", Mode: Inside, Class: class.B,
		Fields: []Field{
			{Name: "action", Type: Choice, Choices: []string{"place", "release"}, Default: "place", Plain: true},
			{Name: "source", Type: Source},
			{Name: "snapshot", Type: Snapshot},
			{Name: "reason", Type: Text},
			{Name: "days", Type: Number, Min: 1, Max: 3660},
			{Name: "hold", Type: Text},
		},
		Output:   []Output{{"hold", "text"}, {"snapshot", "text"}, {"until", "time"}},
		Classify: classifyHold,
		Check:    checkHold,
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (output any, _ *Wait, err error) {
			output, err = begunBy(ctx, tx, call, func() (any, error) {
				if call.text("action") == "release" {
					return h.release(ctx, tx, call)
				}
				return h.place(ctx, tx, call)
			})
			return output, nil, err
		},
	}
}

type hold struct{ backups *backup.Backups }

// classifyHold: what is released may be deleted.
func classifyHold(_ context.Context, call Call) (class.Class, error) {
	if call.text("action") == "release" {
		return class.C, nil
	}
	return class.B, nil
}

func checkHold(config map[string]any) []Problem {
	if config["action"] == "release" {
		if blank(config["hold"]) {
			return []Problem{{Field: "hold", Key: "workflow.fail.required"}}
		}
		return nil
	}
	var problems []Problem
	if blank(config["source"]) == blank(config["snapshot"]) {
		problems = append(problems, Problem{Field: "source", Key: "step.hold.fail.one"})
	}
	if blank(config["reason"]) {
		problems = append(problems, Problem{Field: "reason", Key: "workflow.fail.required"})
	}
	return problems
}

func (h *hold) place(ctx context.Context, tx pgx.Tx, call Call) (any, error) {
	actor := account.System(call.Workspace)
	snapshot, err := snapshotOf(ctx, tx, h.backups, call)
	if err != nil {
		return nil, err
	}
	in := backup.HoldInput{Reason: call.text("reason")}
	if days := call.number("days"); days > 0 {
		in.Until = call.Now.Add(time.Duration(days * 24 * float64(time.Hour)))
	}
	ids, err := h.backups.HoldIn(ctx, tx, actor, []uuid.UUID{snapshot}, in)
	if err != nil {
		return nil, inWords(err, "step.fail.no_snapshot", map[string]string{"until": "days"})
	}
	output := map[string]any{"hold": ids[0], "snapshot": snapshot, "until": nil}
	if !in.Until.IsZero() {
		output["until"] = in.Until.UTC().Format(time.RFC3339Nano)
	}
	return output, nil
}

func (h *hold) release(ctx context.Context, tx pgx.Tx, call Call) (any, error) {
	id, err := call.id("hold")
	if err != nil {
		return nil, err
	}
	snapshot, err := h.backups.ReleaseIn(ctx, tx, account.System(call.Workspace), id)
	if err != nil {
		return nil, inWords(err, "step.hold.fail.gone", nil)
	}
	return map[string]any{"hold": id, "snapshot": snapshot, "until": nil}, nil
}

// snapshotOf is the given snapshot, or the newest good one of the given plan or source.
func snapshotOf(ctx context.Context, tx pgx.Tx, backups *backup.Backups, call Call) (uuid.UUID, error) {
	var given [3]uuid.UUID
	for i, name := range []string{"snapshot", "plan", "source"} {
		id, err := call.id(name)
		if err != nil {
			return uuid.Nil, err
		}
		given[i] = id
	}
	actor, snapshot, plan, source := account.System(call.Workspace), given[0], given[1], given[2]
	var err error
	switch {
	case snapshot != uuid.Nil:
	case plan != uuid.Nil:
		snapshot, err = backups.NewestOfPlanIn(ctx, tx, actor, plan)
	case source != uuid.Nil:
		snapshot, err = backups.NewestOfSourceIn(ctx, tx, actor, source)
	default:
		err = fail.Work(nil, fail.ClassConfig, "step.fail.no_snapshot")
	}
	return snapshot, inWords(err, "step.fail.no_snapshot", nil)
}
