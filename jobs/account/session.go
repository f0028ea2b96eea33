package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	mails "levqor/jobs/mail"
)

// A session ends SessionIdle after it was last used, SessionLife after sign-in at
// the latest.
const (
	SessionIdle = 14 * 24 * time.Hour
	SessionLife = 90 * 24 * time.Hour
	seenEvery   = time.Minute
)

// Session is a signed-in person with the workspace they look at.
type Session struct {
	ID         uuid.UUID
	User       User
	Actor      Actor // zero workspace when the person is a member of none
	Workspace  Workspace
	Workspaces []Workspace // all of the person's, by name
}

// Signed is a session as its owner sees it in the list.
type Signed struct {
	ID         uuid.UUID
	UserAgent  string
	IP         string
	CreatedAt  time.Time
	LastSeenAt time.Time
}

// enter consumes the link, opens the account if it is new, and starts a session
// with a fresh token. A fresh sign-in counts as stepped up.
func (a *Accounts) enter(ctx context.Context, tx pgx.Tx, now time.Time, l link, device Device) (token string, err error) {
	if err := consume(ctx, tx, now, l.ID); err != nil {
		return "", err
	}
	user, isNew, err := a.userOf(ctx, tx, now, l.Email, device)
	if err != nil {
		return "", err
	}
	known, err := knownDevice(ctx, tx, user.ID, device.UserAgent)
	if err != nil {
		return "", err
	}
	token = newToken()
	id := db.NewID()
	if _, err := tx.Exec(ctx, `
		INSERT INTO sessions (id, user_id, token_hash, user_agent, ip, created_at, last_seen_at, expires_at, stepped_up_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $6)`,
		id, user.ID, digest(token), cut(device.UserAgent, 300), device.IP, now, now.Add(SessionLife)); err != nil {
		return "", fmt.Errorf("start session: %w", err)
	}
	if !isNew && !known {
		with, system := Known(device.UserAgent)
		err := a.mails.Queue(ctx, tx, mails.Message{Kind: mails.NewDevice, To: user.Email, Locale: user.Locale, Args: map[string]any{
			"browser": with, "system": system, "ip": device.IP, "at": now.Format(time.RFC3339), "link": a.base + "/settings/sessions",
		}})
		if err != nil {
			return "", err
		}
	}
	actor := Actor{Kind: KindPerson, ID: user.ID, Name: user.Name}
	return token, record(ctx, tx, actor, now, "session.started", "session", id.String(), "", nil)
}

// knownDevice reports whether the person was signed in with such a device lately;
// a browser's next version is no news.
func knownDevice(ctx context.Context, tx pgx.Tx, user uuid.UUID, agent string) (bool, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT user_agent FROM sessions WHERE user_id = $1 LIMIT 200`, user)
	if err != nil {
		return false, err
	}
	agents, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return slices.ContainsFunc(agents, func(other string) bool { return sameDevice(other, cut(agent, 300)) }), err
}

// userOf finds the address's person, or makes one with a workspace of their own
// unless an invitation waits for them.
func (a *Accounts) userOf(ctx context.Context, tx pgx.Tx, now time.Time, address string, device Device) (user User, isNew bool, err error) {
	key := fold(address)
	var inserted uuid.UUID
	err = tx.QueryRow(ctx, `
		INSERT INTO users (id, email, email_key, name, locale, time_zone, is_admin, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (email_key) DO NOTHING RETURNING id`,
		db.NewID(), address, key, nameOf(address), or(device.Locale, "en"), zoneOf(device.TimeZone), key == a.admin && key != "", now).Scan(&inserted)
	isNew = err == nil
	if err != nil && !db.NoRows(err) {
		return User{}, false, fmt.Errorf("open account: %w", err)
	}
	user, err = findUser(ctx, tx, key)
	if err != nil || !isNew {
		return user, isNew, err
	}
	var invited bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM invitations i WHERE i.email_key = $1 AND `+stillGood+`)`, key, now).Scan(&invited)
	if err != nil || invited {
		return user, isNew, err
	}
	_, err = createWorkspace(ctx, tx, now, user, user.Name, user.TimeZone)
	return user, isNew, err
}

func findUser(ctx context.Context, tx pgx.Tx, key string) (u User, err error) {
	rows, err := tx.Query(ctx, `SELECT id, email, name, locale, time_zone, theme, rail_slim, is_admin FROM users WHERE email_key = $1`, key)
	if err != nil {
		return User{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[User])
}

// Authenticate finds who holds the session's token. Unauthenticated when nobody
// does: it ended, was revoked, or never was.
func (a *Accounts) Authenticate(ctx context.Context, token string) (s Session, err error) {
	now := a.clock.Now()
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var lastSeen time.Time
		var steppedUp *time.Time
		var chosen *uuid.UUID
		err := tx.QueryRow(ctx, `
			SELECT s.id, s.workspace_id, s.last_seen_at, s.stepped_up_at,
				u.id, u.email, u.name, u.locale, u.time_zone, u.theme, u.rail_slim, u.is_admin,
				coalesce((SELECT jsonb_agg(jsonb_build_object('ID', w.id, 'Name', w.name, 'TimeZone', w.time_zone, 'Role', m.role) ORDER BY w.name, w.id)
					FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE m.user_id = u.id), '[]')
			FROM sessions s JOIN users u ON u.id = s.user_id
			WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3`,
			digest(token), now, now.Add(-SessionIdle)).
			Scan(&s.ID, &chosen, &lastSeen, &steppedUp, &s.User.ID, &s.User.Email, &s.User.Name, &s.User.Locale,
				&s.User.TimeZone, &s.User.Theme, &s.User.RailSlim, &s.User.IsAdmin, &s.Workspaces)
		if err != nil {
			return err
		}
		s.choose(chosen)
		s.Actor = Actor{Kind: KindPerson, ID: s.User.ID, Name: s.User.Name, Workspace: s.Workspace.ID, Role: s.Workspace.Role, Session: s.ID}
		if steppedUp != nil {
			s.Actor.SteppedUpAt = *steppedUp
		}
		if now.Sub(lastSeen) < seenEvery {
			return nil
		}
		_, err = tx.Exec(ctx, `UPDATE sessions SET last_seen_at = $2 WHERE id = $1`, s.ID, now)
		return err
	})
	if db.NoRows(err) {
		return Session{}, fail.New(fail.Unauthenticated, "fail.unauthenticated")
	}
	return s, err
}

// choose takes the workspace last looked at, else the first one.
func (s *Session) choose(chosen *uuid.UUID) {
	for _, w := range s.Workspaces {
		if s.Workspace.ID == uuid.Nil || chosen != nil && w.ID == *chosen {
			s.Workspace = w
		}
	}
}

// Visit switches the session to another of the person's workspaces. NotFound
// when they are no member of it.
func (a *Accounts) Visit(ctx context.Context, s Session, workspace uuid.UUID) error {
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE sessions SET workspace_id = $2 WHERE id = $1
			  AND EXISTS (SELECT FROM members WHERE user_id = $3 AND workspace_id = $2)`, s.ID, workspace, s.User.ID)
		if err == nil && tag.RowsAffected() == 0 {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		return err
	})
}

// Sessions lists the person's open sessions, last used first.
func (a *Accounts) Sessions(ctx context.Context, s Session) (open []Signed, err error) {
	now := a.clock.Now()
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, user_agent, ip, created_at, last_seen_at FROM sessions
			WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND last_seen_at > $3
			ORDER BY last_seen_at DESC LIMIT 100`, s.User.ID, now, now.Add(-SessionIdle))
		if err != nil {
			return err
		}
		open, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Signed])
		return err
	})
	return open, err
}

// Revoke ends one of the person's own sessions; uuid.Nil ends all but this one.
func (a *Accounts) Revoke(ctx context.Context, s Session, id uuid.UUID) error {
	now := a.clock.Now()
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE sessions SET revoked_at = $4 WHERE user_id = $1 AND revoked_at IS NULL
			  AND (id = $2 OR $2 = '00000000-0000-0000-0000-000000000000'::uuid AND id <> $3)`, s.User.ID, id, s.ID, now)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 && id != uuid.Nil {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		return record(ctx, tx, s.Actor, now, "session.revoked", "session", id.String(), "", nil)
	})
}

// AskStepUp mails a code to the signed-in person's own address. TooMany.
func (a *Accounts) AskStepUp(ctx context.Context, s Session) error {
	now := a.clock.Now()
	if err := a.counted(ctx, now, "stepup/"+s.User.ID.String(), stepUpsPerPerson); err != nil {
		return err
	}
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, code, err := keepLink(ctx, tx, now, purposeStepUp, s.User.Email, s.ID.String())
		if err != nil {
			return err
		}
		return a.mails.Queue(ctx, tx, mails.Message{Kind: mails.StepUp, To: s.User.Email, Locale: s.User.Locale, Args: map[string]any{
			"code": code, "minutes": int(LinkLife.Minutes()),
		}})
	})
}

// ConfirmStepUp takes the mailed code; for StepUpFor the session may then do what
// asks for it. Invalid (field code).
func (a *Accounts) ConfirmStepUp(ctx context.Context, s Session, code string) error {
	now := a.clock.Now()
	found, err := a.tryCode(ctx, now, purposeStepUp, code, s.ID.String())
	if err != nil {
		return err
	}
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := consume(ctx, tx, now, found.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE sessions SET stepped_up_at = $2 WHERE id = $1`, s.ID, now); err != nil {
			return err
		}
		return record(ctx, tx, s.Actor, now, "session.stepped_up", "session", s.ID.String(), "", nil)
	})
}
