package step

import (
	"context"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/workflow/class"
)

// ApplyRetention removes what a plan's policy lets go, soon, in a job of its own.
func ApplyRetention(backups *backup.Backups) *Spec {
	return &Spec{
		Kind: "apply_retention", Group: "backups", Icon: "calendar-x", Mode: Inside, Class: class.B,
		Fields: []Field{{Name: "plan", Type: Plan, Required: true}},
		Output: []Output{{"plan", "text"}},
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
			plan, err := call.id("plan")
			if err != nil {
				return nil, nil, err
			}
			if err := backups.ExpireIn(ctx, tx, account.System(call.Workspace), plan); err != nil {
				return nil, nil, inWords(err, "step.fail.no_plan", nil)
			}
			return map[string]any{"plan": plan}, nil, nil
		},
	}
}
