package step

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/workflow/class"
)

// UndoPointKind is nobody's to add: a step that has an undo point does it first.
const UndoPointKind = "undo_point"

// undoPointDays is how long an undo point's copy is held.
const undoPointDays = 30

// UndoPoint backs a source up and holds the copy, so that what the next step does
// to it can be taken back.
func UndoPoint(backups *backup.Backups) *Spec {
	return &Spec{
		Kind: UndoPointKind, Group: "backups", Icon: "undo-2", Mode: Inside, Class: class.B, Timeout: taskTime, Tries: taskTries, First: taskFirst,
		Fields: []Field{{Name: "source", Type: Source, Required: true}},
		Output: []Output{{"backup", "text"}, {"snapshot", "text"}, {"source", "text"}, {"hold", "text"}},
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
			source, err := call.id("source")
			if err != nil {
				return nil, nil, err
			}
			id, err := backups.StartOfSourceIn(ctx, tx, account.System(call.Workspace), source)
			if err != nil {
				return nil, nil, inWords(err, "step.fail.no_plan", nil)
			}
			return nil, untilTask(id), nil
		},
		Resume: func(ctx context.Context, call Call, answer map[string]any) (any, error) {
			actor := account.System(call.Workspace)
			output, err := backedUp(ctx, backups, actor, answer)
			if err != nil {
				return nil, err
			}
			done, _ := output.(map[string]any)
			snapshot, _ := done["snapshot"].(*uuid.UUID)
			if snapshot == nil {
				return nil, inWords(err, "step.fail.no_snapshot", nil)
			}
			var hold any
			err = backups.Together(ctx, call.Workspace, func(ctx context.Context, tx pgx.Tx) (err error) {
				hold, err = begunBy(ctx, tx, call, func() (any, error) {
					return backups.HoldOnce(ctx, actor, *snapshot, backup.HoldInput{
						Reason: fmt.Sprintf("Undo point: run %d, %s", call.RunNumber, call.Key), Until: call.Now.Add(undoPointDays * 24 * time.Hour),
					})
				})
				return err
			})
			if err != nil {
				return nil, inWords(err, "step.fail.no_snapshot", nil)
			}
			return map[string]any{"backup": done["backup"], "snapshot": *snapshot, "source": done["source"], "hold": hold}, nil
		},
	}
}
