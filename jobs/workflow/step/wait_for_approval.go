package step

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/workflow/class"
)

// WaitForApproval asks a person and goes on in the branch yes or no. Nobody's
// answer in time is a no.
func WaitForApproval() *Spec {
	return &Spec{
		Kind: "wait_for_approval", Group: "people", Icon: "user-check", Mode: Inside, Shape: YesNo, Class: class.A, Timeout: 7 * 24 * time.Hour, Asks: true,
		Fields: []Field{{Name: "message", Type: LongText, Required: true}},
		Output: []Output{{"branch", "text"}, {"approved", "bool"}, {"by", "text"}, {"reason", "text"}, {"expired", "bool"}},
		Begin: func(context.Context, pgx.Tx, Call) (any, *Wait, error) {
			return nil, &Wait{Kind: WaitApproval}, nil
		},
		Resume: func(_ context.Context, _ Call, answer map[string]any) (any, error) {
			branch := "no"
			if answer["approved"] == true {
				branch = "yes"
			}
			return map[string]any{
				"branch": branch, "approved": branch == "yes", "by": answer["by"], "reason": answer["reason"], "expired": answer["expired"] == true,
			}, nil
		},
	}
}
