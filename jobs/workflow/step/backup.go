package step

import (
	"context"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/workflow/class"
)

// Backup backs a plan's source up now, and waits for the snapshot.
func Backup(backups *backup.Backups) *Spec {
	return &Spec{
		Kind: "backup", Group: "backups", Icon: "database-backup", Mode: Inside, Class: class.B, Timeout: taskTime, Tries: taskTries, First: taskFirst,
		Fields: []Field{{Name: "plan", Type: Plan, Required: true}},
		Output: []Output{
			{"backup", "text"}, {"snapshot", "text"}, {"source", "text"}, {"bytes", "number"}, {"stored", "number"}, {"files", "number"},
			{"rows", "number"}, {"seconds", "number"},
		},
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
			plan, err := call.id("plan")
			if err != nil {
				return nil, nil, err
			}
			id, err := backups.StartIn(ctx, tx, account.System(call.Workspace), plan)
			if err != nil {
				return nil, nil, inWords(err, "step.fail.no_plan", nil)
			}
			return nil, untilTask(id), nil
		},
		Resume: func(ctx context.Context, call Call, answer map[string]any) (any, error) {
			return backedUp(ctx, backups, account.System(call.Workspace), answer)
		},
	}
}

func backedUp(ctx context.Context, backups *backup.Backups, actor account.Actor, answer map[string]any) (any, error) {
	done, err := backups.Get(ctx, actor, refOf(answer))
	if err != nil {
		return nil, inWords(err, "step.fail.task_gone", nil)
	}
	if err := ended(done.Task); err != nil {
		return nil, err
	}
	output := map[string]any{"backup": done.ID, "source": done.SubjectName, "seconds": seconds(done.Task), "snapshot": done.SnapshotID}
	if done.SnapshotID == nil {
		return output, nil
	}
	left, err := backups.Snapshot(ctx, actor, *done.SnapshotID)
	if err != nil {
		return nil, inWords(err, "step.fail.no_snapshot", nil)
	}
	output["bytes"], output["stored"], output["files"], output["rows"] = left.Bytes, left.StoredBytes, left.Files, left.Rows
	return output, nil
}
