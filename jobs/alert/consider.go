package alert

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/drill"
	"levqor/jobs/task"
)

// Consider follows up on the end of any task. A repeated call for the same task
// changes nothing, nor does a failure that a later success has overtaken.
func (a *Alerts) Consider(ctx context.Context, t task.Task) error {
	if !t.State.Final() || t.FinishedAt == nil {
		return nil
	}
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		switch t.Kind {
		case task.Backup, task.Drill:
			return a.considerPlan(ctx, tx, t)
		case task.VaultUpkeep:
			return a.considerVault(ctx, tx, t)
		}
		return nil
	})
}

func (a *Alerts) considerPlan(ctx context.Context, tx pgx.Tx, t task.Task) error {
	plan, proof, err := planOf(ctx, tx, t)
	if db.NoRows(err) {
		return nil // the source was removed meanwhile
	}
	if err != nil {
		return err
	}
	s, err := lockSubject(ctx, tx, plan, a.clock.Now())
	if err != nil {
		return err
	}
	v := judge(t, proof)
	if v.wrong != "" {
		return a.fails(ctx, tx, s, v, t)
	}
	if err := a.recovers(ctx, tx, s, v.resolved, *t.FinishedAt); err != nil {
		return err
	}
	if _, err := a.stands(ctx, tx, s); err != nil {
		return err
	}
	return a.firstProof(ctx, tx, s, t, proof)
}

func (a *Alerts) fails(ctx context.Context, tx pgx.Tx, s subject, v verdict, t task.Task) error {
	if late, err := superseded(ctx, tx, s, t); err != nil || late {
		return err
	}
	return a.open(ctx, tx, s, v, &t.ID, *t.FinishedAt)
}

// SweepOverdue opens an alert for each plan whose newest good copy is older than
// its RPO and grace, and resolves those that no longer hold, of removed vaults too.
func (a *Alerts) SweepOverdue(ctx context.Context) error {
	const batch = 500
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := a.clock.Now()
		late, err := overdue(ctx, tx, now, batch)
		if err != nil {
			return err
		}
		for _, s := range late {
			if isLate(s, now) {
				if err := a.open(ctx, tx, s, verdict{wrong: BackupOverdue, key: "alert.fail.overdue"}, nil, now); err != nil {
					return err
				}
			}
		}
		over, err := settled(ctx, tx, now, batch)
		if err != nil {
			return err
		}
		for _, s := range over {
			if err := a.settle(ctx, tx, s, now); err != nil {
				return err
			}
		}
		return a.forget(ctx, tx, now, batch)
	})
}

// settle says "recovered" only where something did recover.
func (a *Alerts) settle(ctx context.Context, tx pgx.Tx, s subject, now time.Time) error {
	switch {
	case s.DeletedAt != nil:
		return a.drop(ctx, tx, s.about(), planKinds, now)
	case s.PausedAt != nil:
		return a.drop(ctx, tx, s.about(), []Kind{BackupOverdue}, now)
	default:
		return a.recovers(ctx, tx, s, []Kind{BackupOverdue}, now)
	}
}

// isLate is the same rule by which a source stops being protected.
func isLate(s subject, now time.Time) bool {
	return now.Sub(s.since()) > s.rpo()+drill.CopyGrace(s.rpo())
}

// since is when the newest copy was taken, or when the plan began to owe one.
func (s subject) since() time.Time {
	if s.NewestCopy != nil {
		return *s.NewestCopy
	}
	return s.PlanCreatedAt
}

func (a *Alerts) drop(ctx context.Context, tx pgx.Tx, of about, kinds []Kind, at time.Time) error {
	gone, err := resolve(ctx, tx, of.id(), kinds, at)
	if err != nil || len(gone) == 0 {
		return err
	}
	return notifyChange(ctx, tx, of.Workspace)
}

func (a *Alerts) recovers(ctx context.Context, tx pgx.Tx, s subject, kinds []Kind, at time.Time) error {
	if len(kinds) == 0 {
		return nil
	}
	over, err := resolve(ctx, tx, s.PlanID, kinds, at)
	if err != nil || len(over) == 0 {
		return err
	}
	return a.tell(ctx, tx, s.tenant, notice{id: db.NewID(), kind: "recovered", severity: Success, path: "/sources/" + s.SourceID.String(),
		args: map[string]any{"source": s.SourceName, "was": over}}, s.copies())
}

func (a *Alerts) open(ctx context.Context, tx pgx.Tx, s subject, v verdict, taskID *uuid.UUID, at time.Time) error {
	was, err := record(ctx, tx, db.NewID(), s.about(), v, taskID, at)
	if err != nil || !was.Counted {
		return err
	}
	if !was.First {
		return a.repeat(ctx, tx, s, was)
	}
	return a.tell(ctx, tx, s.tenant, notice{id: was.ID, kind: string(v.wrong), severity: Error, path: mendPath(v.wrong, v.class, s.SourceID, taskID),
		args: map[string]any{"source": s.SourceName, "failure_key": v.key, "failure_args": orEmpty(v.args), "times": was.Times}}, s.copies())
}

// firstProof tells, in the app alone, that a plan's first drill passed.
func (a *Alerts) firstProof(ctx context.Context, tx pgx.Tx, s subject, t task.Task, proof outcome) error {
	if t.Kind != task.Drill || proof.Passed == nil || !*proof.Passed {
		return nil
	}
	var earlier bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM drills WHERE plan_id = $1 AND passed AND created_at < $2)`, s.PlanID, t.CreatedAt).Scan(&earlier)
	if err != nil || earlier {
		return err
	}
	return keepNotice(ctx, tx, s.Workspace, a.clock.Now(), notice{id: t.ID, kind: "proven", severity: Success, path: "/drills/" + t.ID.String(),
		args: map[string]any{"source": s.SourceName, "good": count(proof.Good), "total": count(proof.Total)}})
}
