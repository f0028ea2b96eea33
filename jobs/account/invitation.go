package account

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	mails "levqor/jobs/mail"
)

// InvitationLife is how long an invitation can be accepted.
const InvitationLife = 7 * 24 * time.Hour

// Invitation that waits for its answer.
type Invitation struct {
	ID        uuid.UUID
	Email     string
	Role      Role
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Invite mails an invitation bound to the address. Needs Manage. Invalid: email,
// role. Conflict (account.fail.member) when that person is one already. TooMany.
func (a *Accounts) Invite(ctx context.Context, actor Actor, address string, role Role, locale string) error {
	if err := actor.Require(Manage); err != nil {
		return err
	}
	var form fail.Form
	form.Check(validAddress(address), "email", "account.field.email")
	form.Check(role != RoleOwner && slices.Contains(Roles(), role), "role", "account.field.role")
	if err := form.Err(); err != nil {
		return err
	}
	now := a.clock.Now()
	err := a.counted(ctx, now, "invite/workspace/"+actor.Workspace.String(), invitesPerWorkspace, "invite/address/"+fold(address), linksPerAddress)
	if err != nil {
		return err
	}
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return a.invite(ctx, tx, now, actor, address, role, locale)
	})
}

// Reinvite mails a waiting invitation again; its older link ends. Needs Manage. TooMany.
func (a *Accounts) Reinvite(ctx context.Context, actor Actor, id uuid.UUID, locale string) error {
	waiting, err := a.Invitations(ctx, actor)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(waiting, func(one Invitation) bool { return one.ID == id })
	if i < 0 {
		return fail.New(fail.NotFound, "fail.not_found")
	}
	return a.Invite(ctx, actor, waiting[i].Email, waiting[i].Role, locale)
}

// invite keeps a fresh invitation in place of those that the address had.
func (a *Accounts) invite(ctx context.Context, tx pgx.Tx, now time.Time, actor Actor, address string, role Role, locale string) error {
	var member bool
	var workspace string
	if err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM members m JOIN users u ON u.id = m.user_id WHERE m.workspace_id = w.id AND u.email_key = $2), w.name
		FROM workspaces w WHERE w.id = $1`, actor.Workspace, fold(address)).Scan(&member, &workspace); err != nil {
		return err
	}
	if member {
		return fail.New(fail.Conflict, "account.fail.member")
	}
	if _, err := tx.Exec(ctx, `
		UPDATE invitations SET revoked_at = $3 WHERE workspace_id = $1 AND email_key = $2 AND accepted_at IS NULL AND revoked_at IS NULL`,
		actor.Workspace, fold(address), now); err != nil {
		return err
	}
	id, token := db.NewID(), newToken()
	if _, err := tx.Exec(ctx, `
		INSERT INTO invitations (id, workspace_id, email, email_key, role, token_hash, invited_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		id, actor.Workspace, address, fold(address), role, digest(token), actor.ID, now, now.Add(InvitationLife)); err != nil {
		return err
	}
	err := a.mails.Queue(ctx, tx, mails.Message{Workspace: actor.Workspace, Kind: mails.Invitation, To: address, Locale: locale, Args: map[string]any{
		"workspace": workspace, "by": actor.Name, "role": string(role), "days": int(InvitationLife.Hours() / 24), "link": a.base + "/invitations/" + token,
	}})
	if err != nil {
		return err
	}
	return record(ctx, tx, actor, now, "member.invited", "invitation", id.String(), address, map[string]any{"role": role})
}

// stillGood holds for an invitation i at the moment $2 while it can be accepted:
// also, whoever sent it may still invite.
const stillGood = `i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $2
	AND EXISTS (SELECT FROM members inviter WHERE inviter.workspace_id = i.workspace_id AND inviter.user_id = i.invited_by
		AND inviter.role IN ('owner', 'admin'))`

// Offer is what an invitation's link shows to whoever holds it.
type Offer struct {
	Workspace string
	By        string
	Email     string // whom it is for
	Role      Role
}

// Offered reads an invitation by the token of its link, and uses nothing up.
// NotFound (account.fail.invitation) when it was accepted, taken back, is over or
// never was.
func (a *Accounts) Offered(ctx context.Context, token string) (offer Offer, err error) {
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT w.name, u.name, i.email, i.role FROM invitations i
			JOIN workspaces w ON w.id = i.workspace_id JOIN users u ON u.id = i.invited_by
			WHERE i.token_hash = $1 AND `+stillGood,
			digest(token), a.clock.Now()).Scan(&offer.Workspace, &offer.By, &offer.Email, &offer.Role)
	})
	if db.NoRows(err) {
		return Offer{}, fail.New(fail.NotFound, "account.fail.invitation")
	}
	return offer, err
}

// For reports whether the offer is for that person.
func (o Offer) For(u User) bool { return fold(o.Email) == fold(u.Email) }

// Invitations that wait, newest first. Needs Manage.
func (a *Accounts) Invitations(ctx context.Context, actor Actor) (waiting []Invitation, err error) {
	if err := actor.Require(Manage); err != nil {
		return nil, err
	}
	err = a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT i.id, i.email, i.role, i.created_at, i.expires_at FROM invitations i
			WHERE i.workspace_id = $1 AND `+stillGood+` ORDER BY i.created_at DESC LIMIT 200`, actor.Workspace, a.clock.Now())
		if err != nil {
			return err
		}
		waiting, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Invitation])
		return err
	})
	return waiting, err
}

// RevokeInvitation takes it back. Needs Manage.
func (a *Accounts) RevokeInvitation(ctx context.Context, actor Actor, id uuid.UUID) error {
	if err := actor.Require(Manage); err != nil {
		return err
	}
	return a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		now := a.clock.Now()
		var email string
		err := tx.QueryRow(ctx, `
			UPDATE invitations SET revoked_at = $2 WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL RETURNING email`, id, now).Scan(&email)
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, actor, now, "member.invitation_revoked", "invitation", id.String(), email, nil)
	})
}

// Accept makes the signed-in person a member, if the invitation is for their
// address and still good; every other case is the same NotFound
// (account.fail.invitation). The session then looks at that workspace.
func (a *Accounts) Accept(ctx context.Context, s Session, token string) error {
	now := a.clock.Now()
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var id, workspace uuid.UUID
		var role Role
		err := tx.QueryRow(ctx, `
			UPDATE invitations i SET accepted_at = $2 WHERE i.token_hash = $1 AND i.email_key = $3 AND `+stillGood+`
			RETURNING i.id, i.workspace_id, i.role`, digest(token), now, fold(s.User.Email)).Scan(&id, &workspace, &role)
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "account.fail.invitation")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (workspace_id, user_id) DO NOTHING`, workspace, s.User.ID, role, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE sessions SET workspace_id = $2 WHERE id = $1`, s.ID, workspace); err != nil {
			return err
		}
		actor := s.Actor
		actor.Workspace = workspace
		return record(ctx, tx, actor, now, "member.joined", "user", s.User.ID.String(), s.User.Name, map[string]any{"role": role})
	})
}
