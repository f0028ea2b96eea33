package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
	"levqor/jobs/mail"
)

// Severity of a notification.
type Severity string

const (
	Error   Severity = "error"
	Info    Severity = "info"
	Success Severity = "success"
	Warning Severity = "warning"
)

// Notification is a line behind the bell. Its words are alert.notice.<kind>
// (title and text), with Args; failures add FailureKey's own text.
type Notification struct {
	ID        uuid.UUID
	Kind      string
	Severity  Severity
	Args      map[string]any
	Path      string // where it is mended, or seen
	CreatedAt time.Time
	Read      bool
}

// notice is one to be kept, and mailed unless it is for the app alone.
type notice struct {
	id       uuid.UUID
	kind     string
	severity Severity
	args     map[string]any
	path     string
}

// tell keeps the notice and mails it, with more facts, to each member who may
// operate.
func (a *Alerts) tell(ctx context.Context, tx pgx.Tx, in tenant, n notice, facts map[string]any) error {
	now := a.clock.Now()
	if err := keepNotice(ctx, tx, in.Workspace, now, n); err != nil {
		return err
	}
	people, err := recipients(ctx, tx, in.Workspace)
	if err != nil {
		return err
	}
	args := map[string]any{"workspace": in.WorkspaceName, "path": n.path, "at": now.Format(time.RFC3339)}
	maps.Copy(args, facts)
	maps.Copy(args, n.args)
	for _, p := range people {
		args["zone"] = p.Zone
		err := a.mails.Queue(ctx, tx, mail.Message{Workspace: in.Workspace, Kind: mail.Kind(n.kind), To: p.Email, Locale: p.Locale, Args: args})
		if err != nil {
			return err
		}
	}
	return notifyChange(ctx, tx, in.Workspace)
}

// Note is a notification in somebody's own words, for the app alone.
type Note struct {
	Title    string
	Text     string
	Severity Severity
	Path     string
}

// KindNote is the kind of a Note: its title and text are arguments.
const KindNote = "note"

// NotifyIn puts the note behind the bell when tx, which sees the workspace, commits.
func (a *Alerts) NotifyIn(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, n Note) error {
	return keepNotice(ctx, tx, workspace, a.clock.Now(), notice{id: db.NewID(), kind: KindNote, severity: n.Severity, path: n.Path,
		args: map[string]any{"title": n.Title, "text": n.Text}})
}

// copies is what a mail says of a plan's copies: times as RFC 3339, durations in
// seconds.
func (s subject) copies() map[string]any {
	facts := map[string]any{"rpo_seconds": int64(s.rpo().Seconds())}
	if s.NewestCopy != nil {
		facts["newest_at"] = s.NewestCopy.Format(time.RFC3339)
	}
	return facts
}

// repeat counts on the notice already there: neither unread again nor mailed.
func (a *Alerts) repeat(ctx context.Context, tx pgx.Tx, s subject, was opened) error {
	if _, err := tx.Exec(ctx, `UPDATE notifications SET args = args || jsonb_build_object('times', $2::int) WHERE id = $1`, was.ID, was.Times); err != nil {
		return fmt.Errorf("count a repeat: %w", err)
	}
	return notifyChange(ctx, tx, s.Workspace)
}

func keepNotice(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, now time.Time, n notice) error {
	args, err := json.Marshal(n.args)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO notifications (id, workspace_id, kind, severity, args, path, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`, n.id, workspace, n.kind, n.severity, args, n.path, now)
	if err != nil {
		return fmt.Errorf("keep notification: %w", err)
	}
	return notifyChange(ctx, tx, workspace)
}

func notifyChange(ctx context.Context, tx pgx.Tx, workspace uuid.UUID) error {
	return live.Notify(ctx, tx, workspace, Topic)
}

type recipient struct{ Email, Locale, Zone string }

func recipients(ctx context.Context, tx pgx.Tx, workspace uuid.UUID) ([]recipient, error) {
	rows, err := tx.Query(ctx, `
		SELECT u.email, u.locale, u.time_zone FROM members m JOIN users u ON u.id = m.user_id
		WHERE m.workspace_id = $1 AND m.role IN ('admin', 'operator', 'owner') ORDER BY u.email_key`, workspace)
	if err != nil {
		return nil, fmt.Errorf("find whom to tell: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[recipient])
}

// List is the workspace's alerts, newest first.
func (a *Alerts) List(ctx context.Context, actor account.Actor, f Filter) (alerts []Alert, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		alerts, err = Find(ctx, tx, f)
		return err
	})
	return alerts, err
}

// Notifications are newest first; before and its id are zero for the newest.
// Limit is at most 200.
func (a *Alerts) Notifications(ctx context.Context, actor account.Actor, before time.Time, beforeID uuid.UUID, limit int) (list []Notification, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT n.id, n.kind, n.severity, n.args, n.path, n.created_at, n.created_at <= coalesce(r.read_to, '-infinity')
			FROM notifications n LEFT JOIN notification_reads r ON r.workspace_id = n.workspace_id AND r.user_id = $1
			WHERE n.workspace_id = current_workspace() AND ($2 OR (n.created_at, n.id) < ($3, $4))
			ORDER BY n.created_at DESC, n.id DESC LIMIT $5`, actor.ID, before.IsZero(), before, beforeID, min(max(limit, 1), 200))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Notification])
		return err
	})
	return list, err
}

// maxUnread is where the bell stops counting.
const maxUnread = 100

// Unread counts what came since the person last looked, up to 100.
func (a *Alerts) Unread(ctx context.Context, actor account.Actor) (n int, err error) {
	if err := actor.Require(account.View); err != nil {
		return 0, err
	}
	err = a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT count(*) FROM (SELECT FROM notifications n
				LEFT JOIN notification_reads r ON r.workspace_id = n.workspace_id AND r.user_id = $1
				WHERE n.workspace_id = current_workspace() AND n.created_at > coalesce(r.read_to, '-infinity') LIMIT $2) new`,
			actor.ID, maxUnread).Scan(&n)
	})
	return n, err
}

// MarkRead says that the person has seen everything up to then. Only a person
// can: Forbidden for a token.
func (a *Alerts) MarkRead(ctx context.Context, actor account.Actor, upTo time.Time) error {
	if err := actor.Require(account.View); err != nil {
		return err
	}
	if actor.Kind != account.KindPerson {
		return fail.New(fail.Forbidden, "fail.forbidden")
	}
	return a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO notification_reads AS r (workspace_id, user_id, read_to) VALUES (current_workspace(), $1, $2)
			ON CONFLICT (workspace_id, user_id) DO UPDATE SET read_to = greatest(r.read_to, excluded.read_to)`, actor.ID, upTo)
		if err != nil {
			return err
		}
		return notifyChange(ctx, tx, actor.Workspace)
	})
}
