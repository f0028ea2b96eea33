package account

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// FirstWorkspace is what `levqor dev` calls the workspace that it makes.
const FirstWorkspace = "My company"

// EnsureFirst makes the first person, an admin with a workspace, and a sign-in
// path that any browser may use once: in `levqor dev` alone. owner acts in the
// workspace for the set-up that follows.
func (a *Accounts) EnsureFirst(ctx context.Context, address string) (owner Actor, path string, err error) {
	if !a.dev {
		return Actor{}, "", errors.New("the first workspace is made by `levqor dev` alone")
	}
	now := a.clock.Now()
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('levqor first workspace'))`); err != nil {
			return err
		}
		user, isNew, err := a.userOf(ctx, tx, now, address, Device{})
		if err != nil {
			return err
		}
		if isNew {
			if _, err := tx.Exec(ctx, `UPDATE users SET is_admin = true WHERE id = $1`, user.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE workspaces SET name = $2 WHERE id = (SELECT workspace_id FROM members WHERE user_id = $1)`, user.ID, FirstWorkspace); err != nil {
				return err
			}
		}
		var workspace uuid.UUID
		if err := tx.QueryRow(ctx, `SELECT workspace_id FROM members WHERE user_id = $1 ORDER BY created_at LIMIT 1`, user.ID).Scan(&workspace); err != nil {
			return err
		}
		token, _, err := keepLink(ctx, tx, now, purposeSignIn, address, "")
		owner = Actor{Kind: KindPerson, ID: user.ID, Name: user.Name, Workspace: workspace, Role: RoleOwner}
		path = "/sign-in/" + token
		return err
	})
	return owner, path, err
}
