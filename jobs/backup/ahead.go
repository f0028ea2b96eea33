package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// SweepAhead plans anew what lies further ahead than a schedule puts it: after the
// clock went forward and came back, plans would be silent until it gets there again.
func (b *Backups) SweepAhead(ctx context.Context) error {
	const batch = 500
	for last := uuid.Nil; ; {
		found := 0
		err := b.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
			now := b.clock.Now()
			rows, err := tx.Query(ctx, `
				SELECT p.id, p.cron, p.every_minutes, p.time_zone, p.drill_cron, p.next_at, p.next_drill_at FROM plans p
				WHERE p.id > $1 AND p.deleted_at IS NULL AND p.paused_at IS NULL ORDER BY p.id LIMIT $2 FOR UPDATE SKIP LOCKED`, last, batch)
			if err != nil {
				return fmt.Errorf("look for plans far ahead: %w", err)
			}
			plans, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ahead])
			if err != nil {
				return err
			}
			if found = len(plans); found > 0 {
				last = plans[found-1].ID
			}
			for _, p := range plans {
				if err := p.pullBack(ctx, tx, now); err != nil {
					return err
				}
			}
			_, err = tx.Exec(ctx, `UPDATE plans SET expiry_due_at = $1 WHERE expiry_due_at > $1::timestamptz + interval '61 minutes'`, now)
			return err
		})
		if err != nil || found < batch {
			return err
		}
	}
}

// ahead is what a plan will do next.
type ahead struct {
	ID           uuid.UUID
	Cron         string
	EveryMinutes int
	Zone         string
	DrillCron    string
	NextAt       *time.Time
	NextDrillAt  *time.Time
}

func (p ahead) pullBack(ctx context.Context, tx pgx.Tx, now time.Time) error {
	next, err := TooFar(Schedule{Cron: p.Cron, Every: time.Duration(p.EveryMinutes) * time.Minute, Zone: p.Zone}, p.NextAt, now)
	if err != nil {
		return fmt.Errorf("plan %s: %w", p.ID, err)
	}
	var drill *time.Time
	if p.DrillCron != "" {
		if drill, err = TooFar(Schedule{Cron: p.DrillCron, Zone: p.Zone}, p.NextDrillAt, now); err != nil {
			return fmt.Errorf("proofs of plan %s: %w", p.ID, err)
		}
	}
	if next == nil && drill == nil {
		return nil
	}
	_, err = tx.Exec(ctx, `UPDATE plans SET next_at = coalesce($2, next_at), next_drill_at = coalesce($3, next_drill_at) WHERE id = $1`, p.ID, next, drill)
	return err
}

// TooFar is when a schedule runs next in place of a run that it can't have planned
// for this moment; nil where there is nothing to change.
func TooFar(s Schedule, planned *time.Time, now time.Time) (*time.Time, error) {
	if planned == nil || !planned.After(now) {
		return nil, nil
	}
	next, err := s.Next(now)
	if err != nil || !planned.After(next) {
		return nil, err
	}
	return &next, nil
}
