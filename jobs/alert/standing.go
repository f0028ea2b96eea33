package alert

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/drill"
)

// planKinds are what may be wrong with a plan.
var planKinds = []Kind{BackupFailed, BackupOverdue, Incomplete, ProofFailed, ProofOld, ShapeChanged}

// standingKinds are those that no task's end tells: the rule of protection does.
var standingKinds = map[drill.Protection]Kind{drill.Incomplete: Incomplete, drill.ProofOld: ProofOld, drill.ShapeChanged: ShapeChanged}

// stands resolves what no longer holds by the rule of protection, and says what
// is wrong by it now, if anything.
func (a *Alerts) stands(ctx context.Context, tx pgx.Tx, s subject) (wrong Kind, err error) {
	now := a.clock.Now()
	protection, err := drill.ProtectionOf(ctx, tx, s.PlanID, now)
	if err != nil {
		return "", err
	}
	wrong = standingKinds[protection]
	over := slices.DeleteFunc([]Kind{Incomplete, ProofOld, ShapeChanged}, func(k Kind) bool { return k == wrong })
	if protection == drill.Proven {
		return wrong, a.recovers(ctx, tx, s, over, now)
	}
	return wrong, a.drop(ctx, tx, s.about(), over, now) // something else is wrong, and told
}

// SweepStanding opens alerts for what is wrong by the rule of protection though
// no task failed, unless a drill is on its way, and resolves what no longer is.
func (a *Alerts) SweepStanding(ctx context.Context) error {
	const batch = 200
	after := uuid.Nil
	for {
		var last uuid.UUID
		err := a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
			plans, err := standingPlans(ctx, tx, a.clock.Now(), after, batch)
			for _, s := range plans {
				if err := a.sweepPlan(ctx, tx, s); err != nil {
					return err
				}
				last = s.PlanID
			}
			return err
		})
		if err != nil || last == uuid.Nil {
			return err
		}
		after = last
	}
}

func (a *Alerts) sweepPlan(ctx context.Context, tx pgx.Tx, s subject) error {
	wrong, err := a.stands(ctx, tx, s)
	if err != nil || wrong == "" {
		return err
	}
	var known bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM alerts WHERE about_id = $1 AND kind = $2 AND resolved_at IS NULL)
		OR $2 <> 'incomplete' AND EXISTS (SELECT FROM drills d JOIN tasks t USING (id)
			WHERE d.plan_id = $1 AND t.state IN ('queued', 'running') AND d.created_at > $3)`,
		s.PlanID, wrong, a.clock.Now().Add(-24*time.Hour)).Scan(&known)
	if err != nil || known {
		return err
	}
	return a.open(ctx, tx, s, verdict{wrong: wrong, key: "alert.fail." + string(wrong)}, nil, a.clock.Now())
}

// standingPlans lists plans at work by their ids.
func standingPlans(ctx context.Context, tx pgx.Tx, now time.Time, after uuid.UUID, limit int) ([]subject, error) {
	rows, err := tx.Query(ctx, `SELECT `+subjectColumns+` FROM `+subjectTables+`
		WHERE p.id > $2 AND p.deleted_at IS NULL AND s.deleted_at IS NULL ORDER BY p.id LIMIT $3 FOR UPDATE OF p`, now, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list plans by their standing: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[subject])
}
