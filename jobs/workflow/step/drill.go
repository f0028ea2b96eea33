package step

import (
	"context"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/drill"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
)

// Drill proves that a plan's newest good snapshot restores. A proof that says
// "failed" fails the step, unless its settings take that as an answer.
func Drill(drills *drill.Drills) *Spec {
	return &Spec{
		Kind: "drill", Group: "backups", Icon: "shield-check", Mode: Inside, Class: class.A, Timeout: taskTime, Tries: taskTries, First: taskFirst,
		Fields: []Field{
			{Name: "plan", Type: Plan, Required: true},
			{Name: "accept_failed", Type: Bool, Default: false, Plain: true},
		},
		Output: []Output{
			{"drill", "text"}, {"passed", "bool"}, {"source", "text"}, {"snapshot", "text"}, {"checks", "number"}, {"good", "number"},
			{"restore_seconds", "number"}, {"lost_seconds", "number"},
		},
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
			plan, err := call.id("plan")
			if err != nil {
				return nil, nil, err
			}
			id, err := drills.StartIn(ctx, tx, account.System(call.Workspace), plan)
			if err != nil {
				return nil, nil, inWords(err, "step.fail.no_plan", nil)
			}
			return nil, untilTask(id), nil
		},
		Resume: func(ctx context.Context, call Call, answer map[string]any) (any, error) {
			done, err := drills.Get(ctx, account.System(call.Workspace), refOf(answer))
			if err != nil {
				return nil, inWords(err, "step.fail.task_gone", nil)
			}
			if err := ended(done.Task); err != nil {
				return nil, err
			}
			return proven(done, call.flag("accept_failed"))
		},
	}
}

func proven(done drill.Drill, acceptFailed bool) (any, error) {
	passed := done.Passed != nil && *done.Passed
	if !passed && !acceptFailed {
		return nil, fail.Work(nil, fail.ClassDamaged, "step.drill.fail.not_passed", "name", done.SubjectName, "good", count(done.ChecksGood), "total", count(done.ChecksTotal))
	}
	output := map[string]any{
		"drill": done.ID, "passed": passed, "source": done.SubjectName, "snapshot": done.SnapshotID,
		"checks": count(done.ChecksTotal), "good": count(done.ChecksGood), "lost_seconds": done.LostSeconds, "restore_seconds": nil,
	}
	if done.RestoreMS != nil {
		output["restore_seconds"] = float64(*done.RestoreMS) / 1000
	}
	return output, nil
}

func count(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
