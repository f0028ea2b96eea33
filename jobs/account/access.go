package account

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
)

// AccessChanged is told in a workspace when somebody's right to it changes.
const AccessChanged live.Topic = "access"

// RecheckEvery is how often whatever outlives its request asks again whether the
// person may still have it; AccessChanged tells sooner.
const RecheckEvery = 5 * time.Second

// AsNow is the actor as he is now: with the role that he has at the moment in the
// workspace of his request. Unauthenticated when his session or token ended, or
// he is no member any more.
func (a *Accounts) AsNow(ctx context.Context, actor Actor) (now Actor, err error) {
	now = actor
	moment := a.clock.Now()
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		switch actor.Kind {
		case KindToken:
			now, _, err = tokenActor(ctx, tx, `t.id = $2`, moment, actor.ID)
			return err
		case KindPerson:
			return tx.QueryRow(ctx, `
				SELECT m.role FROM sessions s JOIN members m ON m.user_id = s.user_id AND m.workspace_id = $2
				WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $3`, actor.Session, actor.Workspace, moment).Scan(&now.Role)
		default:
			return nil
		}
	})
	if db.NoRows(err) {
		return Actor{}, fail.New(fail.Unauthenticated, "fail.unauthenticated")
	}
	return now, err
}
