package account

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
)

// Member of a workspace.
type Member struct {
	UserID    uuid.UUID
	Email     string
	Name      string
	Role      Role
	CreatedAt time.Time
}

// Roles, the strongest first.
func Roles() []Role { return []Role{RoleOwner, RoleAdmin, RoleOperator, RoleViewer} }

// Members of the actor's workspace, oldest first. Needs View.
func (a *Accounts) Members(ctx context.Context, actor Actor) (members []Member, err error) {
	if err := actor.Require(View); err != nil {
		return nil, err
	}
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT u.id, u.email, u.name, m.role, m.created_at FROM members m JOIN users u ON u.id = m.user_id
			WHERE m.workspace_id = $1 ORDER BY m.created_at, u.id LIMIT 500`, actor.Workspace)
		if err != nil {
			return err
		}
		members, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
		return err
	})
	return members, err
}

// AreMembers reports whether each of the addresses belongs to a member of the workspace.
func (a *Accounts) AreMembers(ctx context.Context, workspace uuid.UUID, addresses []string) (all bool, err error) {
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error { // users belong to no workspace
		// Only plain letters count as the same in both cases: a look-alike is another mailbox.
		return tx.QueryRow(ctx, `
			SELECT NOT EXISTS (SELECT FROM unnest($2::text[]) AS wanted (address) WHERE NOT EXISTS (
				SELECT FROM members m JOIN users u ON u.id = m.user_id
				WHERE m.workspace_id = $1 AND lower(u.email COLLATE "C") = lower(wanted.address COLLATE "C")))`, workspace, addresses).Scan(&all)
	})
	return all, err
}

// SetRole changes a member's role. Needs Manage; only owners make or change
// owners. Conflict (account.fail.last_owner) rather than a workspace without one.
func (a *Accounts) SetRole(ctx context.Context, actor Actor, user uuid.UUID, role Role) error {
	if !slices.Contains(Roles(), role) {
		return invalidField("role", "account.field.role")
	}
	return a.changeMember(ctx, actor, user, role, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE members SET role = $3 WHERE workspace_id = $1 AND user_id = $2`, actor.Workspace, user, role)
		if err != nil || rolePower(role) >= Manage {
			return err
		}
		return a.voidInvitations(ctx, tx, actor.Workspace, user)
	}, "member.role_changed")
}

// RemoveMember takes a person's access away, at once, and for good that of the
// tokens they made and the invitations they sent. Needs Manage, unless a person
// leaves by themselves.
func (a *Accounts) RemoveMember(ctx context.Context, actor Actor, user uuid.UUID) error {
	return a.changeMember(ctx, actor, user, "", func(ctx context.Context, tx pgx.Tx) error {
		for _, sql := range []string{
			`DELETE FROM members WHERE workspace_id = $1 AND user_id = $2`,
			`UPDATE sessions SET workspace_id = NULL WHERE workspace_id = $1 AND user_id = $2`,
		} {
			if _, err := tx.Exec(ctx, sql, actor.Workspace, user); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE api_tokens SET revoked_at = $3 WHERE workspace_id = $1 AND owner_id = $2 AND revoked_at IS NULL`,
			actor.Workspace, user, a.clock.Now()); err != nil {
			return err
		}
		return a.voidInvitations(ctx, tx, actor.Workspace, user)
	}, "member.removed")
}

func (a *Accounts) changeMember(ctx context.Context, actor Actor, user uuid.UUID, role Role, change func(context.Context, pgx.Tx) error, action string) error {
	leaves := role == "" && user == actor.ID
	if err := actor.Require(Manage); err != nil && !leaves {
		return err
	}
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error { // users belong to no workspace
		// Locking every owner makes two owners who remove each other take turns.
		rows, err := tx.Query(ctx, `SELECT user_id FROM members WHERE workspace_id = $1 AND role = 'owner' ORDER BY user_id FOR UPDATE`, actor.Workspace)
		if err != nil {
			return err
		}
		owners, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		var was Role
		var name string
		err = tx.QueryRow(ctx, `
			SELECT m.role, u.name FROM members m JOIN users u ON u.id = m.user_id WHERE m.workspace_id = $1 AND m.user_id = $2`,
			actor.Workspace, user).Scan(&was, &name)
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		if err != nil {
			return err
		}
		if (was == RoleOwner || role == RoleOwner) && !actor.Can(Own) {
			return fail.New(fail.Forbidden, "fail.forbidden")
		}
		if was == RoleOwner && role != RoleOwner && len(owners) == 1 {
			return fail.New(fail.Conflict, "account.fail.last_owner")
		}
		if err := change(ctx, tx); err != nil {
			return err
		}
		if err := live.Notify(ctx, tx, actor.Workspace, AccessChanged); err != nil {
			return err
		}
		return record(ctx, tx, actor, a.clock.Now(), action, "user", user.String(), name, map[string]any{"from": was, "to": role})
	})
}

// voidInvitations takes back what somebody sent who may invite no more.
func (a *Accounts) voidInvitations(ctx context.Context, tx pgx.Tx, workspace, user uuid.UUID) error {
	_, err := tx.Exec(ctx, `
		UPDATE invitations SET revoked_at = $3 WHERE workspace_id = $1 AND invited_by = $2 AND accepted_at IS NULL AND revoked_at IS NULL`,
		workspace, user, a.clock.Now())
	return err
}

func invalidField(name, key string) error {
	var form fail.Form
	form.Add(name, key)
	return form.Err()
}
