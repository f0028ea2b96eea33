package source

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/timecheck"
)

// defaultGrace is for how long a deletion can be undone unless Options say so.
const defaultGrace = 7 * 24 * time.Hour

func (s *Sources) grace() time.Duration { return cmp.Or(s.options.Grace, defaultGrace) }

// Delete takes a source out of Levqor; its snapshots stay. Undelete brings it back
// until the grace is over; then its secret is forgotten (at once where there are no
// snapshots), and its snapshots expire by their plans' rules. What backs it up right now ends as a failure of class gone
// (see Watch); plans of deleted sources are ignored by those who sweep them. Needs
// Manage, and a step-up where there are snapshots.
func (s *Sources) Delete(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		var left int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM snapshots WHERE source_id = $1 AND state NOT IN ('deleted', 'deleting')`, id).Scan(&left); err != nil {
			return err
		}
		if left > 0 {
			if err := actor.RequireStepUp(now); err != nil {
				return err
			}
			if err := timecheck.New(s.db, s.clock).Check(ctx, tx, actor.Workspace); err != nil {
				return err // when the grace ends can't be told
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE sources SET deleted_at = $2, sealed_secret = CASE WHEN $3 THEN sealed_secret END, revision = revision + 1 WHERE id = $1`,
			id, now, left > 0); err != nil {
			return err
		}
		if err := tell(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, now, audit.Event{Action: "source.deleted", SubjectKind: "source", SubjectID: id.String(), SubjectName: r.Name,
			Detail: map[string]any{"snapshots": left, "from": now.Add(s.grace())}})
	})
}

// Undelete brings a deleted source back with its plans. Needs Manage. NotFound once
// the grace is over (source.fail.gone_for_good); Conflict when its name is taken.
func (s *Sources) Undelete(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		now := s.clock.Now()
		var name string
		var taken bool
		err := tx.QueryRow(ctx, `
			SELECT s.name, EXISTS (SELECT FROM sources o WHERE lower(o.name) = lower(s.name) AND o.deleted_at IS NULL)
			FROM sources s WHERE s.id = $1 AND s.deleted_at > $2 FOR UPDATE OF s`, id, now.Add(-s.grace())).Scan(&name, &taken)
		switch {
		case db.NoRows(err):
			return fail.New(fail.NotFound, "source.fail.gone_for_good")
		case err != nil:
			return err
		case taken:
			return fail.New(fail.Conflict, "source.fail.name_taken_meanwhile", "name", name)
		}
		if _, err := tx.Exec(ctx, `UPDATE sources SET deleted_at = NULL, revision = revision + 1 WHERE id = $1`, id); err != nil {
			return err
		}
		if err := tell(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, now, audit.Event{Action: "source.restored", SubjectKind: "source", SubjectID: id.String(), SubjectName: name})
	})
}

// Deleted is a source whose deletion can still be undone.
type Deleted struct {
	ID        uuid.UUID
	Name      string
	Snapshots int       // that are still there
	Until     time.Time // when it can't be brought back any more
}

// Deleted is newest first, at most 20. Needs View.
func (s *Sources) Deleted(ctx context.Context, actor account.Actor) (found []Deleted, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT s.id, s.name, n.left, s.deleted_at + $2::interval
			FROM sources s CROSS JOIN LATERAL (
				SELECT count(*) AS left FROM snapshots n WHERE n.source_id = s.id AND n.state NOT IN ('deleted', 'deleting')) n
			WHERE s.workspace_id = current_workspace() AND s.deleted_at > $1 AND n.left > 0
			ORDER BY s.deleted_at DESC LIMIT 20`, s.clock.Now().Add(-s.grace()), s.grace())
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Deleted])
		return err
	})
	return found, err
}
