package backup

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// Hold keeps a snapshot whatever the policy says.
type Hold struct {
	ID         uuid.UUID
	SnapshotID uuid.UUID
	Reason     string
	Until      *time.Time // nil: until released
	HeldBy     string
	CreatedAt  time.Time
	ReleasedAt *time.Time
	ReleasedBy string
}

// holdActive is the condition on holds h that still count at @now.
const holdActive = `h.released_at IS NULL AND (h.until IS NULL OR h.until > @now)`

// HoldInput says why, and until when; Until zero: until released.
type HoldInput struct {
	Reason string
	Until  time.Time
}

const longestReason = 500

// Hold needs Operate. Invalid: fields reason, until. Conflict
// (backup.fail.snapshot_gone) when the snapshot is being deleted.
func (b *Backups) Hold(ctx context.Context, actor account.Actor, snapshot uuid.UUID, in HoldInput) (id uuid.UUID, err error) {
	ids, err := b.HoldAll(ctx, actor, []uuid.UUID{snapshot}, in)
	if err != nil {
		return uuid.Nil, err
	}
	return ids[0], nil
}

// HoldAll holds several snapshots for one reason, all of them or none. Otherwise
// it is as Hold; Invalid also: field id, when there is none or more than a page.
func (b *Backups) HoldAll(ctx context.Context, actor account.Actor, snapshots []uuid.UUID, in HoldInput) (ids []uuid.UUID, err error) {
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		ids, err = b.HoldIn(ctx, tx, actor, snapshots, in)
		return err
	})
	return ids, err
}

// HoldIn is HoldAll once tx, which sees the actor's workspace, commits.
func (b *Backups) HoldIn(ctx context.Context, tx pgx.Tx, actor account.Actor, snapshots []uuid.UUID, in HoldInput) (ids []uuid.UUID, err error) {
	if err := actor.Require(account.Operate); err != nil {
		return nil, err
	}
	now := b.clock.Now()
	in.Reason = strings.TrimSpace(in.Reason)
	var form fail.Form
	form.Check(len(snapshots) > 0 && len(snapshots) <= pageLimit, "id", "backup.field.hold_which", "most", pageLimit)
	form.Check(in.Reason != "" && len(in.Reason) <= longestReason, "reason", "backup.field.hold_reason", "most", longestReason)
	form.Check(in.Until.IsZero() || in.Until.After(now), "until", "backup.field.hold_until")
	if err := form.Err(); err != nil {
		return nil, err
	}
	snapshots = slices.Clone(snapshots)
	slices.SortFunc(snapshots, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }) // one order of locks for all
	for _, snapshot := range slices.Compact(snapshots) {
		id, err := hold(ctx, tx, actor, now, snapshot, in)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func hold(ctx context.Context, tx pgx.Tx, actor account.Actor, now time.Time, snapshot uuid.UUID, in HoldInput) (uuid.UUID, error) {
	var until *time.Time
	if !in.Until.IsZero() {
		until = &in.Until
	}
	if err := lockLive(ctx, tx, snapshot); err != nil {
		return uuid.Nil, err
	}
	id := db.NewID()
	if _, err := tx.Exec(ctx, `INSERT INTO holds (id, workspace_id, snapshot_id, reason, until, held_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, actor.Workspace, snapshot, in.Reason, until, actor.Name, now); err != nil {
		return uuid.Nil, err
	}
	return id, audit.Write(ctx, tx, actor, now, audit.Event{Action: "snapshot.held", SubjectKind: "snapshot", SubjectID: snapshot.String(),
		SubjectName: ShortID(snapshot), Detail: map[string]any{"reason": in.Reason, "until": until}})
}

// HoldOnce is Hold that finds an earlier one with the same reason, so that it can
// be done again.
func (b *Backups) HoldOnce(ctx context.Context, actor account.Actor, snapshot uuid.UUID, in HoldInput) (id uuid.UUID, err error) {
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockLive(ctx, tx, snapshot); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `SELECT h.id FROM holds h WHERE h.snapshot_id = @snapshot AND h.reason = @reason AND `+holdActive+` LIMIT 1`,
			pgx.NamedArgs{"snapshot": snapshot, "reason": in.Reason, "now": b.clock.Now()}).Scan(&id)
		if !db.NoRows(err) {
			return err
		}
		ids, err := b.HoldIn(ctx, tx, actor, []uuid.UUID{snapshot}, in)
		if err == nil {
			id = ids[0]
		}
		return err
	})
	return id, err
}

// Together runs fn in one transaction of the workspace, in which what this line does on
// fn's context takes part.
func (b *Backups) Together(ctx context.Context, workspace uuid.UUID, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return b.db.Together(ctx, workspace, fn)
}

// lockLive locks a snapshot that is there; expiry locks the same row before it
// looks at holds, so that one of the two sees the other.
func lockLive(ctx context.Context, tx pgx.Tx, snapshot uuid.UUID) error {
	var state SnapshotState
	err := tx.QueryRow(ctx, `SELECT state FROM snapshots WHERE id = $1 FOR UPDATE`, snapshot).Scan(&state)
	switch {
	case db.NoRows(err):
		return fail.New(fail.NotFound, "fail.not_found")
	case err != nil:
		return err
	case state == Deleted || state == Deleting:
		return fail.New(fail.Conflict, "backup.fail.snapshot_gone")
	}
	return nil
}

// Release ends a hold; the policy then decides. Needs Manage and a step-up.
func (b *Backups) Release(ctx context.Context, actor account.Actor, hold uuid.UUID) error {
	return b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		_, err := b.ReleaseIn(ctx, tx, actor, hold)
		return err
	})
}

// ReleaseIn is Release once tx, which sees the actor's workspace, commits; it
// says whose hold that was.
func (b *Backups) ReleaseIn(ctx context.Context, tx pgx.Tx, actor account.Actor, hold uuid.UUID) (snapshot uuid.UUID, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return uuid.Nil, err
	}
	now := b.clock.Now()
	if err := actor.RequireStepUp(now); err != nil {
		return uuid.Nil, err
	}
	err = tx.QueryRow(ctx, `UPDATE holds SET released_at = $2, released_by = $3 WHERE id = $1 AND released_at IS NULL RETURNING snapshot_id`,
		hold, now, actor.Name).Scan(&snapshot)
	if db.NoRows(err) {
		return uuid.Nil, fail.New(fail.NotFound, "fail.not_found")
	}
	if err != nil {
		return uuid.Nil, err
	}
	return snapshot, audit.Write(ctx, tx, actor, now, audit.Event{Action: "snapshot.hold_released", SubjectKind: "snapshot", SubjectID: snapshot.String(), SubjectName: ShortID(snapshot)})
}

// Holds of a plan's snapshots (uuid.Nil: of all), newest first, released ones
// too. Needs View.
func (b *Backups) Holds(ctx context.Context, actor account.Actor, plan uuid.UUID) (holds []Hold, err error) {
	return b.holds(ctx, actor, `($1 = '00000000-0000-0000-0000-000000000000'::uuid OR n.plan_id = $1)`, plan)
}

// SnapshotHolds are the holds of one snapshot, newest first, released ones too.
// Needs View.
func (b *Backups) SnapshotHolds(ctx context.Context, actor account.Actor, snapshot uuid.UUID) (holds []Hold, err error) {
	return b.holds(ctx, actor, `h.snapshot_id = $1`, snapshot)
}

func (b *Backups) holds(ctx context.Context, actor account.Actor, where string, id uuid.UUID) (holds []Hold, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT h.id, h.snapshot_id, h.reason, h.until, h.held_by, h.created_at, h.released_at, h.released_by
			FROM holds h JOIN snapshots n ON n.id = h.snapshot_id
			WHERE h.workspace_id = current_workspace() AND `+where+` ORDER BY h.created_at DESC LIMIT 200`, id)
		if err != nil {
			return err
		}
		holds, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Hold])
		return err
	})
	return holds, err
}

// Active reports whether the hold counts at that moment.
func (h Hold) Active(now time.Time) bool {
	return h.ReleasedAt == nil && (h.Until == nil || h.Until.After(now))
}
