package step

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/restore"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/expr"
)

// Restore brings a copy back. Over live data a person decides each time anew,
// and the source's name has to be typed, as it has by hand.
func Restore(restores *restore.Restores, backups *backup.Backups) *Spec {
	r := &restoring{restores, backups}
	return &Spec{
		Kind: "restore", Group: "backups", Icon: "archive-restore", Mode: Inside, Class: class.B, Timeout: taskTime, Tries: taskTries, First: taskFirst,
		Fields: []Field{
			{Name: "source", Type: Source},
			{Name: "plan", Type: Plan},
			{Name: "snapshot", Type: Snapshot},
			{Name: "to", Type: Choice, Choices: []string{"bucket", "database", "download", "folder"}, Default: "database", Plain: true},
			{Name: "target", Type: Source},
			{Name: "names", Type: Map},
			{Name: "folder", Type: Text},
			{Name: "prefix", Type: Text},
			{Name: "paths", Type: List},
			{Name: "over_live", Type: Bool, Default: false, Plain: true},
			{Name: "confirm", Type: Text, Plain: true},
		},
		Output: []Output{
			{"restore", "text"}, {"snapshot", "text"}, {"place", "text"}, {"names", "map"}, {"kept", "map"}, {"rows", "number"}, {"files", "number"},
			{"bytes", "number"}, {"seconds", "number"},
		},
		Classify: classifyRestore,
		Check:    checkRestore,
		Begin:    r.begin,
		Resume: func(ctx context.Context, call Call, answer map[string]any) (any, error) {
			done, err := restores.Get(ctx, account.System(call.Workspace), refOf(answer))
			if err != nil {
				return nil, inWords(err, "step.fail.task_gone", nil)
			}
			if err := ended(done.Task); err != nil {
				return nil, err
			}
			return restored(done), nil
		},
	}
}

type restoring struct {
	restores *restore.Restores
	backups  *backup.Backups
}

func classifyRestore(_ context.Context, call Call) (class.Class, error) {
	if call.flag("over_live") {
		return class.C, nil
	}
	return class.B, nil
}

func checkRestore(config map[string]any) (problems []Problem) {
	given := 0
	for _, name := range []string{"plan", "snapshot", "source"} {
		if !blank(config[name]) {
			given++
		}
	}
	if given != 1 {
		problems = append(problems, Problem{Field: "source", Key: "step.restore.fail.one"})
	}
	if config["to"] == "folder" && config["over_live"] != true && blank(config["folder"]) {
		problems = append(problems, Problem{Field: "folder", Key: "workflow.fail.required"})
	}
	if config["over_live"] == true && blank(config["confirm"]) {
		problems = append(problems, Problem{Field: "confirm", Key: "workflow.fail.required"})
	}
	return problems
}

func (r *restoring) begin(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
	snapshot, err := snapshotOf(ctx, tx, r.backups, call)
	if err != nil {
		return nil, nil, err
	}
	in, err := restoreInput(call, snapshot)
	if err != nil {
		return nil, nil, err
	}
	id, err := r.restores.StartIn(ctx, tx, account.System(call.Workspace), in)
	if err != nil {
		return nil, nil, inWords(err, "step.fail.no_snapshot", map[string]string{"kind": "to", "source_id": "target"})
	}
	if in.Kind == restore.Download { // nothing is left to do for a worker
		return map[string]any{"restore": id, "snapshot": snapshot}, nil, nil
	}
	return nil, untilTask(id), nil
}

func restoreInput(call Call, snapshot uuid.UUID) (in restore.Input, err error) {
	in = restore.Input{
		SnapshotID: snapshot, Kind: restore.TargetKind(call.text("to")), OverLive: call.flag("over_live"), Confirm: call.text("confirm"),
		Prefix: call.text("prefix"), Folder: call.text("folder"),
	}
	if in.SourceID, err = call.id("target"); err != nil {
		return in, err
	}
	paths, _ := call.Config["paths"].([]any)
	for _, value := range paths {
		path, err := expr.Words(value)
		if err != nil {
			return in, err
		}
		in.Paths = append(in.Paths, path)
	}
	names, _ := call.Config["names"].(map[string]any)
	for from, value := range names {
		to, err := expr.Words(value)
		if err != nil {
			return in, err
		}
		if in.Names == nil {
			in.Names = map[string]string{}
		}
		in.Names[from] = to
	}
	return in, nil
}

func restored(done restore.Restore) any {
	return map[string]any{
		"restore": done.ID, "snapshot": done.SnapshotID, "place": done.Target.Place, "names": done.Result.Names, "kept": done.Result.Kept,
		"rows": done.Result.Rows, "files": done.Result.Files, "bytes": done.Result.Bytes, "seconds": seconds(done.Task),
	}
}
